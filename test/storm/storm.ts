/**
 * A storm: producers, runs over slices, an operator, and random kills, all at once over one spool; then calm, and an
 * exact account.
 */
import { join } from 'node:path';
import { makeLab, makeList } from '../support/lab.ts';
import { account } from './account.ts';
import { calm } from './calm.ts';
import { makeDice } from './dice.ts';
import { STORM_QUEUES } from './fate.ts';
import { RECEIPTS } from './fates-runner.ts';
import { LIST, MEMBERS } from './mail.ts';
import { runOperator } from './operator.ts';
import { runInjects, runProducers } from './producers.ts';
import { runRuns } from './run-kinds.ts';
import { KILLED_RUNS, type World } from './world.ts';

/** How hard it blows. */
export type StormOptions = {
  readonly seed: number;
  /** How long it lasts, milliseconds; the calm comes on top. */
  readonly ms: number;
  /** It goes on until so many runs were killed, but not four times as long. */
  readonly kills?: number;
  /** Told now and then how it goes. */
  readonly say: (line: string) => void;
  /** May look at the spool after the account. */
  readonly after?: (world: World, receipts: string) => void;
};

/** What came of it. */
export type StormReport = {
  /** Empty when the account is right. */
  readonly wrong: readonly string[];
  readonly accepted: number;
  /** Receipts, mails and entries at their ends. */
  readonly ends: number;
  readonly counts: ReadonlyMap<string, number>;
};

/** Runs of the program side by side. */
const RUNS = 4;

const MODULE = join(import.meta.dirname, 'fates-runner.js');

/** Makes a site, lets it storm, and gives the account. */
export async function storm({ seed, ms, kills = 0, say, after }: StormOptions): Promise<StormReport> {
  const queues = STORM_QUEUES.map((queue) => `  ${queue}: { module: ${JSON.stringify(MODULE)} }\n`);
  using lab = makeLab({ yaml: `queues:\n${queues.join('')}` });
  await makeList(lab, LIST, MEMBERS);
  const receipts = join(lab.root, 'receipts');
  const start = Date.now();
  const world: World = {
    lab,
    env: { ...lab.env, [RECEIPTS]: receipts },
    dice: (purpose) => makeDice(seed, purpose),
    tried: new Map(),
    deleted: new Map(),
    counts: new Map(),
    killedRuns: new Set(),
    wrong: [],
    isOver: () => {
      const factor = (world.counts.get(KILLED_RUNS) ?? 0) < kills ? 4 : 1;
      return Date.now() >= start + ms * factor || world.wrong.length > 0;
    },
  };
  await lab.must(['queue']);
  const news = setInterval(
    () => say(`${world.tried.size} messages, ${world.counts.get(KILLED_RUNS) ?? 0} runs killed`),
    10_000,
  );
  try {
    await Promise.all([
      runProducers(world, 'ape'),
      runProducers(world, 'bee'),
      runInjects(world, 'cow'),
      runOperator(world, 'operator'),
      ...Array.from({ length: RUNS }, (_, index) => runRuns(world, `runs-${index}`)),
    ]);
    say(`calm after ${world.tried.size} messages`);
    await calm(world);
  } catch (error) {
    world.wrong.push(error instanceof Error ? error.message : String(error));
  } finally {
    clearInterval(news);
  }
  const ends = account(world, receipts);
  after?.(world, receipts);
  const accepted = [...world.tried.values()].filter((tried) => tried.accepted).length;
  return { wrong: world.wrong, accepted, ends, counts: world.counts };
}

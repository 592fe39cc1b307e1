/**
 * A site whose queues do what a message's subject says, twice: one is recorded, the other gets what a cut left and goes
 * on from there with a run in this process.
 *
 *     Subject: KIND token-NAME
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../lib/base/clock.ts';
import { silentLog } from '../../lib/base/log.ts';
import { queueNames } from '../../lib/cli/open-site.ts';
import { loadConfiguration } from '../../lib/config/load.ts';
import type { Configuration } from '../../lib/config/site.ts';
import { NO_BUDGET } from '../../lib/drain/budget.ts';
import { drain } from '../../lib/drain/drain.ts';
import { openRunner } from '../../lib/runners/registry.ts';
import { addEntry } from '../../lib/spool/add.ts';
import { EMPTY_META } from '../../lib/spool/entry.ts';
import { WHOLE } from '../../lib/spool/range.ts';
import { openSpool } from '../../lib/spool/spool.ts';
import { type Database, openDatabase } from '../../lib/state/database.ts';
import { type Lab, makeLab, makeList, runProgram } from './lab.ts';
import { account, LAST_WORDS, type Outcome, survey } from './power-account.ts';
import type { Judge } from './power-cuts.ts';
import type { Command } from './power-record.ts';
import { writeTree } from './power-tree.ts';

/** Members that mail goes to, one transaction each. */
export const MEMBERS = ['ada', 'ben', 'cleo'].map((name) => `${name}@members.example`);

/** Does what the subject says; the queue `work`. One at a time, so that one effect is in work at most. */
const WORK = `
import { appendFileSync } from 'node:fs';
export const concurrency = 1;
const output = (queue, number, meta = {}) =>
  ({ queue, meta, message: { head: Buffer.from(number === null ? '' : \`Output: \${number}\\n\`), tailFrom: 0 } });
const hop = { kind: 'done', outputs: [output('left', 0), output('left', 1), output('right', 2)] };
const mail = { sender: 'friends-bounces@lists.example', recipients: ${JSON.stringify(MEMBERS)}, verp: true };
export async function run(entry) {
  const [, kind, token] = /^Subject: (\\w+) (\\S+)$/m.exec((await entry.readHead(4096)).toString('latin1'));
  const act = () => (appendFileSync(new URL('effects', import.meta.url), \`effect \${token}\\n\`), { kind: 'done' });
  switch (kind) {
    case 'hop': return hop;
    case 'act': return act();
    case 'again': return entry.failures > 0 ? hop : { kind: 'defer', until: Date.now(), reason: 'once more' };
    case 'later': return { kind: 'defer', until: Date.UTC(2100, 0), reason: 'not in our time' };
    case 'hold': return entry.released ? act() : { kind: 'hold', reason: 'look', outputs: [output('left', 0)] };
    case 'shunt': return { kind: 'shunt', reason: 'told to' };
    case 'mail': return { kind: 'done', outputs: [output('out', null, mail)] };
  }
}
`;

/** Lets everything lie where it can be counted, a repeat under another name; the queues `left` and `right`. */
const KEEP = `
export const run = () => ({ kind: 'defer', until: Date.now() + 1e12, reason: 'kept', failed: false });
`;

const HOPPED = ['left/deferred:0', 'left/deferred:1', 'right/deferred:2'];

/** What becomes of a message of each kind. */
export const OUTCOMES = {
  hop: { places: HOPPED, effects: [] },
  again: { places: HOPPED, effects: [] },
  later: { places: ['work/deferred'], effects: [] },
  shunt: { places: ['work/shunt'], effects: [] },
  hold: { places: ['work/held', 'left/deferred:0'], effects: [] },
} as const satisfies Readonly<Record<string, Outcome>>;

/** A command that puts a message in and promises one outcome. */
export function inject(kind: string, token: string, outcome: Outcome, body = ''): Command {
  const input = `Subject: ${kind} ${token}\n\n${body}${LAST_WORDS}`;
  const args = ['inject', 'friends', '--queue', 'work', '--sender', 'mallory@example.net'];
  return { args: () => args, input, promises: { [token]: [outcome] } };
}

/** A run over all queues. */
export const RUN: Command = { args: () => ['--all', '--once'] };

/** The site that is recorded, and the judge that works on the other one. */
export type PowerRig = Disposable & {
  readonly lab: Lab;
  /** The directory that is modelled. */
  readonly root: string;
  readonly judge: Judge;
  /** How many cuts were judged by a run of the built program. */
  readonly byProgram: () => number;
};

/** A message that is put in after each cut: a spool must go on taking mail. */
const PROBE = 'token-probe';

/** Among so many judgements one is by a run of the built program, a process of its own. */
const PROGRAM_EVERY = 100;

/**
 * Makes both sites. `transport` is the value in qrunner.yaml; `notes` is where a server writes what was done; `mayRepeat`:
 * so many effects may be repeated after a cut.
 */
export async function powerRig(transport: string, notes: string[] = [], mayRepeat = 1): Promise<PowerRig> {
  const queues = { work: './work.mjs', left: './keep.mjs', right: './keep.mjs' };
  const lines = Object.entries(queues).map(([name, module]) => `  ${name}: { module: ${module} }\n`);
  const lab = makeLab({ yaml: `transport: ${transport}\nqueues:\n${lines.join('')}`, spool: 'disk/spool' });
  writeFileSync(join(lab.site, 'work.mjs'), WORK);
  writeFileSync(join(lab.site, 'keep.mjs'), KEEP);
  await makeList(lab, 'friends', []);
  // In memory where there is such a place: there are many cuts, and what a sync costs is not the question.
  const place = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'qrunner-power-'));
  const site = join(place, 'site');
  cpSync(lab.site, site, { recursive: true });
  const { configuration } = await loadConfiguration(join(site, 'qrunner.yaml'));
  if (configuration === null) throw new Error('the site has mistakes');
  // The state is not modelled: SQLite keeps its own promises. Nothing of what is proved here is in it.
  const db = await openDatabase(join(place, 'qrunner.db'));
  let [judgements, byProgram] = [0, 0];
  const judge: Judge = async ({ tree, allowed, effects }) => {
    const disk = join(site, 'disk');
    const effectsFile = join(site, 'effects');
    writeTree(disk, tree);
    rmSync(effectsFile, { force: true });
    notes.length = 0;
    const viaProgram = ++judgements % PROGRAM_EVERY === 0;
    if (viaProgram) byProgram++;
    try {
      const { site: settings } = configuration;
      const spool = openSpool(settings.spool, queueNames(settings), systemClock);
      await addEntry(spool, 'work', EMPTY_META, [Buffer.from(`Subject: later ${PROBE}\n\n${LAST_WORDS}`)]);
    } catch (error) {
      return [`the spool takes no message: ${String(error)}`];
    }
    const trouble = viaProgram ? await runBuilt(lab, site) : await runHere(configuration, db);
    if (trouble !== null) return [`the next run met trouble: ${trouble}`];
    const all = new Map(effects);
    const more = existsSync(effectsFile) ? readFileSync(effectsFile, 'latin1') : '';
    const found = Array.from(more.matchAll(/^effect (\S+)$/gm), ([, effect = '']) => effect);
    for (const effect of [...notes, ...found]) all.set(effect, (all.get(effect) ?? 0) + 1);
    return account(
      survey(disk, queueNames(configuration.site)),
      all,
      new Map([...allowed, [PROBE, [OUTCOMES.later]]]),
      mayRepeat,
    );
  };
  return {
    lab,
    root: join(lab.site, 'disk'),
    judge,
    byProgram: () => byProgram,
    [Symbol.dispose]: () => {
      lab[Symbol.dispose]();
      db.close();
      rmSync(place, { recursive: true, force: true });
    },
  };
}

/** A run of the same code in this process; what went wrong, or `null`. */
async function runHere(configuration: Configuration, db: Database): Promise<string | null> {
  const { site } = configuration;
  const names = queueNames(site);
  try {
    const report = await drain({
      spool: openSpool(site.spool, names, systemClock),
      parts: names.map((queue) => ({ queue, range: WHOLE })),
      openRunner: (queue) => openRunner({ configuration, database: async () => db }, queue),
      failureLimit: site.limits.failures,

      budget: NO_BUDGET,
      overdue: new AbortController().signal,
      waitMs: null,
      log: silentLog,
      signal: new AbortController().signal,
    });
    return report.trouble;
  } catch (error) {
    return String(error);
  }
}

async function runBuilt(lab: Lab, site: string): Promise<string | null> {
  const { status, stderr } = await runProgram([...lab.command(site), ...RUN.args()], lab.env);
  return status === 0 ? null : `exit status ${status}: ${stderr}`;
}

/** The runs of a storm: a table of kinds, and what is done to them. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Dice } from './dice.ts';
import { RUN } from './fates-runner.ts';
import { MINE, type Mine } from './mine.ts';
import { count, KILLED_RUNS, live, pause, type Strike, untilOver, type World } from './world.ts';

/** A kind of run. */
type RunKind = {
  readonly name: string;
  /** An option that `qrunner --help` must know; without it the kind is left out. */
  readonly needs?: string;
  readonly args: (dice: Dice) => readonly string[];
  /** What a run may say that ends with 75. */
  readonly trouble?: RegExp;
};

/** Slices of a count, for some queues. */
function slices(dice: Dice, queues: readonly string[]): string[] {
  const of = dice.between(2, 4);
  return queues.flatMap((queue) => ['-r', `${queue}:${dice.between(0, of - 1)}:${of}`]);
}

/** A new kind is a line here. */
const KINDS: readonly RunKind[] = [
  { name: 'all', args: () => ['--all'] },
  { name: 'in, out sliced', args: (dice) => slices(dice, ['in', 'archive', 'out']) },
  { name: 'modules sliced', args: (dice) => slices(dice, ['split', 'relay', 'sink']) },
  { name: 'one sliced', args: (dice) => slices(dice, [dice.pick(['split', 'relay', 'sink', 'out', 'in'])]) },
  { name: 'end of the way', args: () => ['-r', 'out', '-r', 'sink', '-r', 'virgin', '-r', 'doomed'] },
  {
    name: 'commands',
    args: () => ['-r', 'commands', '-r', 'virgin', '-r', 'out', '--wait=20s'],
    trouble: /still holds/,
  },
  { name: 'all, waits', args: () => ['--all', '--wait=3s'], trouble: /another run still holds/ },
  {
    name: 'sliced, waits',
    args: (dice) => [...slices(dice, ['split', 'relay', 'sink', 'out']), '--wait=2s'],
    trouble: /another run still holds/,
  },
  { name: 'workers', needs: '--workers', args: (dice) => ['--all', '--workers', String(dice.between(2, 3))] },
  {
    name: 'at most entries',
    needs: '--max-entries',
    args: (dice) => ['--all', '--max-entries', String(dice.between(1, 200))],
  },
  { name: 'at most seconds', needs: '--max-seconds', args: () => ['--all', '--max-seconds', '1'] },
];

/** The kinds this program knows. */
export async function knownKinds({ lab }: World): Promise<RunKind[]> {
  const help = await lab.must(['--help']);
  return KINDS.filter(({ needs }) => needs === undefined || help.includes(needs));
}

/** How many of a hundred runs step on a mine, are killed from outside, are told to end. */
const CHANCES = { mine: 60, kill: 10, end: 10 } as const;

const PRELOAD = `--import=${pathToFileURL(join(import.meta.dirname, 'mine.js')).href}`;

/** Where to die: mostly in the middle of a hop. What is named twice is mined twice as often. */
const MINED: readonly (readonly [Mine['call'], string])[] = [
  ['renameSync', '/active/'],
  ['renameSync', '/done/'],
  ['renameSync', '/done/'],
  ['renameSync', '/new/'],
  ['renameSync', '/new/'],
  ['renameSync', '/deferred/'],
  ['unlinkSync', '/done/'],
  ['unlinkSync', '/active/'],
  ['unlinkSync', '/bell/'],
  ['openSync', '/tmp/'],
  ['openSync', '/bell/'],
  ['fsyncSync', ''],
  ['fsyncSync', ''],
];

function layMine(dice: Dice): Mine {
  const [call, path] = dice.pick(MINED);
  const number = dice.percent(70) ? dice.between(1, 4) : dice.between(1, 40);
  return { call, path, number, when: dice.pick(['before', 'after']) };
}

let number = 0;

/** One run, perhaps killed. */
async function runOnce(world: World, dice: Dice, kind: RunKind): Promise<void> {
  const name = `run-${++number}`;
  const chance = dice.next() * 100;
  const isMined = chance < CHANCES.mine;
  const isKilled = !isMined && chance < CHANCES.mine + CHANCES.kill;
  const isTold = !isMined && !isKilled && chance < CHANCES.mine + CHANCES.kill + CHANCES.end;
  const strike: Strike | null =
    isKilled || isTold
      ? { afterMs: dice.between(120, 1_200), signal: isKilled ? 'SIGKILL' : 'SIGTERM' }
      : null;
  const [node, ...program] = world.lab.command();
  const command = [node, ...(isMined ? [PRELOAD] : []), ...program, ...kind.args(dice), '--once'];
  const mine = isMined ? { [MINE]: JSON.stringify(layMine(dice)) } : {};
  const env = { ...world.env, [RUN]: name, ...mine };
  const { status, signal, sent, stderr } = await live(command, { env, strike });
  count(world, `runs: ${kind.name}`);
  if (signal !== null) {
    // Told to end before it listens, a process dies of the signal.
    world.killedRuns.add(name);
    const how = isMined ? 'runs killed by a mine' : `runs killed by ${signal}`;
    count(world, how);
    if (signal === 'SIGKILL') count(world, KILLED_RUNS);
    if (isMined ? signal === 'SIGKILL' : signal === sent) return;
  } else if (sent === 'SIGTERM') count(world, 'runs told to end');
  if (status === 0) return;
  if (status === 75 && kind.trouble?.test(stderr)) return count(world, 'runs that waited in vain');
  const words = command.slice(3).join(' ');
  world.wrong.push(`a run ended with ${status ?? signal}: ${words}: ${stderr.trim()}`);
}

/** Runs of the kinds, one after another, until the time is over. */
export async function runRuns(world: World, name: string): Promise<void> {
  const dice = world.dice(name);
  const kinds = await knownKinds(world);
  await untilOver(world, name, async () => {
    await runOnce(world, dice, dice.pick(kinds));
    await pause(world, dice.between(0, 150));
  });
}

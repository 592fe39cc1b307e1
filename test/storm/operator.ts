/** A person at the queues: holds, releases, and deletes what is there to be deleted. Sometimes killed too. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseName } from '../../lib/spool/entry-name.ts';
import type { Dice } from './dice.ts';
import { count, live, pause, untilOver, type World } from './world.ts';

/** The reason of what a person holds. */
const BY_A_PERSON = /held by a person/;

/** Ids of the entries of a state whose reason is like this, in the order of their names. */
export function idsWithReason(
  spool: string,
  queue: string,
  state: 'held' | 'shunt',
  reason: RegExp,
): string[] {
  const directory = join(spool, queue, state);
  const files = readdirSync(directory).filter((file) => file.endsWith('.reason'));
  return files.sort().flatMap((file) => {
    try {
      const id = parseName(file.replace(/\.reason$/, ''))?.id;
      return id !== undefined && reason.test(readFileSync(join(directory, file), 'utf8')) ? [id] : [];
    } catch {
      // Released meanwhile.
      return [];
    }
  });
}

/** Ids of what a person holds in a queue. */
export function heldByPerson(spool: string, queue: string): string[] {
  return idsWithReason(spool, queue, 'held', BY_A_PERSON);
}

const QUEUES = ['split', 'relay', 'sink', 'in', 'archive', 'out'];

function some(dice: Dice, ids: readonly string[], most: number): string[] {
  const from = ids.length === 0 ? 0 : dice.between(0, ids.length - 1);
  return ids.slice(from, from + dice.between(1, most));
}

/** Statuses of somebody who comes too late: what he wanted to move is gone, or where he cannot move it. */
const TOO_LATE = [67, 65];

async function act(world: World, dice: Dice, verb: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const strike = dice.percent(8) ? { afterMs: dice.between(60, 250), signal: 'SIGKILL' as const } : null;
  const command = [...world.lab.command(), 'queue', verb, ...ids];
  if (verb === 'delete') for (const id of ids) world.deleted.set(id, false);
  const { status, stdout, stderr, sent } = await live(command, { env: world.env, strike });
  const moved = stdout.split('\n').filter((line) => line.startsWith(`${verb} `));
  count(world, `operator: ${verb}`, moved.length);
  if (verb === 'delete') {
    for (const line of moved) world.deleted.set(line.split(' ').at(-1) ?? '', true);
    // Whoever ended by himself has said all that he did.
    if (!sent) for (const id of ids) if (world.deleted.get(id) === false) world.deleted.delete(id);
  }
  if (status === 0 || sent || TOO_LATE.includes(status ?? -1)) return;
  world.wrong.push(`queue ${verb} ended with ${status}: ${stderr.trim()}`);
}

/** A person at work until the time is over. */
export async function runOperator(world: World, name: string): Promise<void> {
  const dice = world.dice(name);
  const { spool } = world.lab;
  await untilOver(world, name, async () => {
    const queue = dice.pick(QUEUES);
    const chance = dice.next();
    if (chance < 0.5) {
      const listed = await live(
        [...world.lab.command(), '--json', 'queue', 'ls', queue, dice.pick(['new', 'deferred'])],
        { env: world.env },
      );
      if (listed.status !== 0) world.wrong.push(`queue ls ended with ${listed.status}: ${listed.stderr}`);
      await act(world, dice, 'hold', some(dice, listed.stdout.match(/(?<=^\{"id":")[^"]+/gm) ?? [], 6));
    } else if (chance < 0.8) {
      await act(world, dice, 'release', some(dice, heldByPerson(spool, queue), 8));
    } else {
      const doomed = readdirSync(join(spool, 'doomed', 'held')).sort();
      const ids = doomed.flatMap((file) => parseName(file)?.id ?? []);
      await act(world, dice, 'delete', some(dice, ids, 4));
    }
    await pause(world, dice.between(50, 400));
  });
}

/**
 * After the storm: runs that nobody kills, and an operator who gives back what was held by a person, what three kills
 * made look like poison, and what waits for a later time. In the end nothing is left that could still move.
 */
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { parseName } from '../../lib/spool/entry-name.ts';
import { RUN } from './fates-runner.ts';
import { LIST, message } from './mail.ts';
import { heldByPerson, idsWithReason } from './operator.ts';
import { idIn } from './producers.ts';
import { count, live, type World } from './world.ts';

/** More rounds than any storm needs: an entry takes at most two deferrals and a poison in each of three queues. */
const ROUNDS = 30;

/** Ids in one command. */
const AT_ONCE = 100;

/** The queues of a spool: directories with a lock or states of their own. */
export function queuesOf(spool: string): string[] {
  return readdirSync(spool, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'bell')
    .map(({ name }) => name);
}

async function must(world: World, args: readonly string[], run: string, input = ''): Promise<string> {
  const env = { ...world.env, [RUN]: run };
  const { status, stdout, stderr } = await live([...world.lab.command(), ...args], { env, input });
  if (status !== 0) throw new Error(`calm: ${args.slice(0, 3).join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

async function move(world: World, verb: string, ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    await must(world, ['queue', verb, ...ids.slice(from, from + AT_ONCE)], 'operator');
  }
}

/** Runs until nothing moves any more. @throws when that does not come */
export async function calm(world: World): Promise<void> {
  const { spool } = world.lab;
  for (let round = 1; round <= ROUNDS; round++) {
    await must(world, ['--all', '--once'], `calm-${round}`);
    const queues = queuesOf(spool);
    const deferred = queues.flatMap((queue) =>
      readdirSync(join(spool, queue, 'deferred'), { recursive: true, encoding: 'utf8' }).flatMap(
        (file) => parseName(file.split('/').at(-1) ?? '')?.id ?? [],
      ),
    );
    await move(world, 'hold', deferred);
    const held = queues.flatMap((queue) => heldByPerson(spool, queue));
    const poison = queues.flatMap((queue) => idsWithReason(spool, queue, 'shunt', /runs in a row died/));
    count(world, 'taken for poison', poison.length);
    await move(world, 'release', [...held, ...poison]);
    if (held.length + poison.length === 0) {
      await sweep(world);
      return;
    }
  }
  throw new Error(`calm: something still moves after ${ROUNDS} rounds`);
}

/** What killed writers left is removed when it is old enough; here it is made old. */
async function sweep(world: World): Promise<void> {
  const { spool } = world.lab;
  const old = Date.now() / 1000 - 40 * 3600;
  for (const queue of queuesOf(spool)) {
    for (const state of ['tmp', 'held', 'shunt', 'bad']) {
      for (const file of readdirSync(join(spool, queue, state))) {
        if (state === 'tmp' || file.endsWith('.tmp')) utimesSync(join(spool, queue, state, file), old, old);
        if (state === 'tmp') count(world, 'files of killed writers');
        if (state === 'tmp' && file.includes('@'))
          world.wrong.push(`a staged output stays: ${queue}/tmp/${file}`);
      }
    }
  }
  const token = 'sweep.1';
  const args = ['--json', 'inject', LIST, '--queue', 'doomed'];
  const id = idIn(await must(world, args, 'sweep', message(token, 0).toString()));
  world.tried.set(token, { token, queue: 'doomed', id, accepted: true });
  await must(world, ['--all', '--once'], 'sweep');
  // Halves of reasons, and journals whose entry went and whose run was killed before it could remove them.
  await must(world, ['cull'], 'sweep');
}

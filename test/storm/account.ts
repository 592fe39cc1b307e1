/**
 * The account after a storm: what must lie where, by token and id, against what does. Empty when they are the same.
 *
 * A message whose producer heard yes is there exactly once at each of its ends. One whose producer was killed is there
 * the same way, or not at all. Nothing else is there.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseName } from '../../lib/spool/entry-name.ts';
import { LIST_DOMAIN } from '../support/lab.ts';
import { queuesOf } from './calm.ts';
import { type End, endsOf, STORM_QUEUES, type StormQueue } from './fate.ts';
import { ROOT_FIELD } from './fates-runner.ts';
import { LIST, MEMBERS, newcomer, tokenOf } from './mail.ts';
import type { Tried, World } from './world.ts';

/** Something found at an end: `sink/receipt`, `split/held`, or a mailbox. */
type Item = {
  readonly place: string;
  readonly id: string;
  readonly token: string;
  readonly root: string | null;
};

const stormQueue = (queue: string): StormQueue | undefined => STORM_QUEUES.find((name) => name === queue);

const rootOf = (text: string): string | null => new RegExp(`${ROOT_FIELD}: (\\S+)`).exec(text)?.[1] ?? null;

/** Receipts; two lines in one are right only after the death of the run that wrote the first. */
function readReceipts(world: World, directory: string): Item[] {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names.map((id) => {
    const lines = readFileSync(join(directory, id), 'utf8').split('\n').slice(0, -1);
    for (const line of lines.slice(0, -1)) {
      const run = line.split(' ')[0] ?? '';
      if (!world.killedRuns.has(run))
        world.wrong.push(`sink worked on ${id} again, and ${run} was not killed`);
    }
    const text = lines.at(-1) ?? '';
    return {
      place: 'sink/receipt',
      id,
      token: /Storm-Token: (\S+)/.exec(text)?.[1] ?? '?',
      root: rootOf(text),
    };
  });
}

/** Entries where they may stay; what lies elsewhere is wrong. */
function readSpool(world: World): Item[] {
  const { spool } = world.lab;
  const items: Item[] = [];
  for (const name of readdirSync(join(spool, 'bell'))) world.wrong.push(`a bell stays: ${name}`);
  for (const queue of queuesOf(spool)) {
    for (const state of readdirSync(join(spool, queue), { withFileTypes: true })) {
      // A journal means nothing without its entry, and a run killed between the two removals leaves it.
      if (!state.isDirectory() || state.name === 'journal') continue;
      const directory = join(spool, queue, state.name);
      for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8', withFileTypes: true })) {
        if (file.isDirectory() || /\.reason(\.\d+\.tmp)?$/.test(file.name)) continue;
        const path = join(file.parentPath, file.name);
        const id = parseName(file.name)?.id;
        const stays = state.name === 'held' || state.name === 'shunt';
        if (id === undefined || !stays) world.wrong.push(`there is still ${path.slice(spool.length + 1)}`);
        else items.push({ place: `${queue}/${state.name}`, id, ...readTokens(path) });
      }
    }
  }
  return items;
}

function readTokens(path: string): { token: string; root: string | null } {
  const text = readFileSync(path).toString('latin1');
  return { token: tokenOf(text) ?? '?', root: rootOf(text) };
}

/** Mails by the mailbox they lie in. */
function readMail({ lab }: World): Item[] {
  const items: Item[] = [];
  for (const kind of ['maildir', 'archive']) {
    const root = join(lab.state, kind);
    for (const box of existsSync(root) ? readdirSync(root) : []) {
      for (const id of readdirSync(join(root, box, 'new'))) {
        const text = readFileSync(join(root, box, 'new', id)).toString('latin1');
        items.push({ place: `${kind}/${box}`, id, token: tokenOf(text) ?? `mail to ${box}`, root: null });
      }
    }
  }
  return items;
}

/** What must be found of a message, each as `place id`; ids of mails do not matter. */
function expected(tried: Tried, root: string): string[] {
  const queue = stormQueue(tried.queue);
  if (queue) return endsOf(queue, root).map((end: End) => `${end.queue}/${end.at} ${end.id}`);
  if (tried.queue === 'commands') return [`maildir/${newcomer(tried.token)}`];
  return [...MEMBERS.map((member) => `maildir/${member}`), `archive/${LIST}@${LIST_DOMAIN}`];
}

function isMail(item: Item): boolean {
  return item.place.startsWith('maildir/') || item.place.startsWith('archive/');
}

/** What is wrong with one message, or `null`. */
function judge(world: World, tried: Tried, items: readonly Item[]): string | null {
  const found = items.map((item) => (isMail(item) ? item.place : `${item.place} ${item.id}`)).sort();
  const root = tried.id ?? items.map((item) => item.root ?? item.id)[0];
  // Nobody was told that it is accepted; a message without any end may have come and gone, too.
  if (root === undefined) return null;
  const wanted = expected(tried, root).sort();
  const isDeleted = world.deleted.get(root);
  const words = `${tried.token} in ${tried.queue} (${tried.id ?? 'killed'}): wanted [${wanted.join(', ')}], found [${found.join(', ')}]`;
  if (tried.queue === 'doomed' && isDeleted !== undefined) {
    return found.length === 0 || (!isDeleted && found.join() === wanted.join()) ? null : `deleted, ${words}`;
  }
  return found.join() === wanted.join() ? null : words;
}

/** Compares, and adds what is not as it must be to what is wrong. Returns how many ends were found. */
export function account(world: World, receipts: string): number {
  const items = [...readReceipts(world, receipts), ...readSpool(world), ...readMail(world)];
  const byToken = new Map<string, Item[]>();
  for (const item of items) byToken.set(item.token, [...(byToken.get(item.token) ?? []), item]);
  for (const tried of world.tried.values()) {
    // A confirmation does not quote the message it answers: it is known by its mailbox.
    const token = tried.queue === 'commands' ? `mail to ${newcomer(tried.token)}` : tried.token;
    const wrong = judge(world, tried, byToken.get(token) ?? []);
    if (wrong !== null) world.wrong.push(wrong);
    byToken.delete(token);
  }
  for (const [token, strays] of byToken) {
    world.wrong.push(
      `nobody handed in ${token}: ${strays.map(({ place, id }) => `${place} ${id}`).join(', ')}`,
    );
  }
  return items.length;
}

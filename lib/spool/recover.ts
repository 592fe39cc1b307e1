/**
 * What a run does before it works on a queue: set right what a dead run left. The caller holds the queue's lock,
 * so no age is guessed and no live work can be taken.
 *
 * Steps: outputs of committed inputs are published and rung for; outputs of inputs that were not committed are removed;
 * abandoned entries go back to new/, or to shunt/ when three runs in a row died over them and brought them no further;
 * stale tmp/ files go.
 */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError, TemporaryError } from '../base/errors.ts';
import { ringBell } from './bell.ts';
import { type EntryName, hashPlace, parseName } from './entry-name.ts';
import { type Crash, type NotedCrash, openJournal } from './journal.ts';
import { finish, placeOf, recoverToNew, removed, setAside, shunt } from './move.ts';
import { eachName, pathOf } from './names.ts';
import { dropOutputs, findStaged, publishOutputs, type Staging } from './outputs.ts';
import { type HashRange, inRange } from './range.ts';
import { eachIn, type Found } from './scan.ts';
import type { Spool } from './spool.ts';
import { isStaged } from './staged-name.ts';
import { CRASH_LIMIT } from './state.ts';

/**
 * Age at which a producer's file in tmp/ is taken for abandoned, milliseconds: 36 hours.
 * A producer gives up long before: see INJECT_PATIENCE_MS in intake/inject.ts (1 hour).
 */
export const STALE_TMP_MS = 36 * 3_600_000;

/** What recovery did, for the log. */
export type Recovery = {
  readonly kind: 'published' | 'returned' | 'poison' | 'bad' | 'stale';
  readonly id: string;
};

/**
 * Sets a queue's slice right. `staging`: what {@link findStaged} found with the locks held, so that a run
 * over many queues looks once. @throws the system's errors
 */
export async function recoverQueue(
  spool: Spool,
  queue: string,
  range: HashRange,
  staging: Staging = findStaged(spool),
): Promise<Recovery[]> {
  const { layout } = spool;
  const staged = staging.of(queue);
  const actions: Recovery[] = [];
  const committed: (Found & { name: EntryName })[] = [];
  for (const found of eachIn(layout, queue, 'done', range)) {
    const { name } = found;
    if (name === null) actions.push(...putAside(spool, queue, found));
    // It cannot be unlinked, and would keep the queue from its recovery for ever.
    else if (isDirectory(found)) actions.push(...putAside(spool, queue, found, 'it is a directory'));
    else committed.push({ ...found, name });
  }
  // Their outputs may lie where nobody could look, and would never be published.
  if (committed.length > 0 && staging.trouble !== null) throw staging.trouble;
  const decided = new Set(committed.map(({ name }) => name.id));
  for (const id of decided) await publishOutputs(spool, staged.get(id) ?? []);

  const active = [...eachIn(layout, queue, 'active', range)];
  const unfinished = new Set(active.flatMap(({ name }) => name?.id ?? []));
  const open = [...staged].filter(([id]) => !decided.has(id) && inRange(range, placeInHashSpace(id)));
  if (open.length > 0) {
    for (const { name } of eachIn(layout, queue, 'new', range))
      if (name && staged.has(name.id)) unfinished.add(name.id);
  }
  for (const [id, outputs] of open) {
    // Not committed: the work will be repeated. Otherwise (held, or gone since): what was decided stands.
    if (unfinished.has(id)) {
      dropOutputs(outputs);
    } else {
      await publishOutputs(spool, outputs);
      decided.add(id);
    }
  }
  actions.push(...[...decided].map((id): Recovery => ({ kind: 'published', id })));
  ringForOutputs(spool, [...decided]);
  for (const found of committed) finish(layout, placeOf(queue, found, found.name));

  for (const found of active) {
    const { name } = found;
    if (name === null) actions.push(...putAside(spool, queue, found));
    else if (decided.has(name.id)) removed(pathOf(found.directory, found.file));
    else actions.push(await returnEntry(spool, queue, found, name));
  }

  actions.push(...removeStale(spool, queue, range));
  return actions;
}

/**
 * Rings for everything that came out of these inputs and still waits (outputs keep its time): nobody knows which
 * of their bells the dead run has rung, and their queues may be another run's.
 */
function ringForOutputs({ layout }: Spool, inputIds: readonly string[]): void {
  if (inputIds.length === 0) return;
  const times = new Set(inputIds.map(timeOf));
  for (const queue of layout.queues) {
    for (const { name } of eachIn(layout, queue, 'new'))
      if (name && times.has(timeOf(name.id))) ringBell(layout, queue, name.id);
  }
}

function timeOf(id: string): string {
  return id.slice(0, id.indexOf('-'));
}

async function returnEntry(spool: Spool, queue: string, found: Found, name: EntryName): Promise<Recovery> {
  const place = placeOf(queue, found, name);
  const crashes = await noteCrash(spool, queue, found, name);
  // A long delivery that is killed again and again is no poison: each of its runs does some of the work.
  if (crashes.at(-1)?.cameFurther) {
    recoverToNew(spool.layout, place, 0);
    return { kind: 'returned', id: name.id };
  }
  if (name.claims >= CRASH_LIMIT) {
    shunt(spool.layout, place, poisonReason(name.claims, crashes));
    return { kind: 'poison', id: name.id };
  }
  recoverToNew(spool.layout, place);
  return { kind: 'returned', id: name.id };
}

/** Notes in the entry's journal that a run died over it; returns all that did. A note that cannot be made is left out. */
async function noteCrash(
  spool: Spool,
  queue: string,
  found: Found,
  name: EntryName,
): Promise<readonly NotedCrash[]> {
  try {
    const journal = openJournal(spool, queue, name.id);
    try {
      // The rename that claimed it is the last change of its inode.
      const claimedAt = Math.round(lstatSync(join(found.directory, found.file)).ctimeMs);
      if (!journal.crashes().some((crash) => crash.claimedAt === claimedAt))
        await journal.append({ crash: { claimedAt, foundAt: spool.clock.now() } satisfies Crash });
      return journal.crashes();
    } finally {
      journal.close();
    }
  } catch (error) {
    if (!isSystemError(error) && !(error instanceof TemporaryError)) throw error;
    return [];
  }
}

const time = (ms: number) => new Date(ms).toISOString();

function poisonReason(claims: number, crashes: readonly NotedCrash[]): string {
  const history = crashes.map(
    ({ claimedAt, foundAt, cameFurther }) =>
      `claimed ${time(claimedAt)}, its run found dead ${time(foundAt)}${cameFurther ? ', after it had come further' : ''}`,
  );
  return [`${claims} runs in a row died while they worked on it`, ...history].join('\n');
}

function isDirectory({ directory, file }: Found): boolean {
  return lstatSync(join(directory, file), { throwIfNoEntry: false })?.isDirectory() === true;
}

function putAside(
  spool: Spool,
  queue: string,
  found: Found,
  reason = 'its name is not that of an entry',
): Recovery[] {
  const name = setAside(spool.layout, queue, found, reason);
  return name === null ? [] : [{ kind: 'bad', id: name }];
}

function placeInHashSpace(id: string): number {
  const name = parseName(id);
  return name ? hashPlace(name.id) : 0;
}

function removeStale(spool: Spool, queue: string, range: HashRange): Recovery[] {
  const gone: Recovery[] = [];
  const directory = spool.layout.directory(queue, 'tmp');
  for (const file of eachName(directory)) {
    if (isStaged(file) || !inRange(range, placeInHashSpace(file))) continue;
    const path = pathOf(directory, file);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat?.isFile() || spool.clock.now() - stat.mtimeMs < STALE_TMP_MS) continue;
    if (removed(path)) gone.push({ kind: 'stale', id: file });
  }
  return gone;
}

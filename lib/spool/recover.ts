/**
 * What a run does before it works on a queue: set right what a dead run left. The caller holds the queue's lock,
 * so no age is guessed and no live work can be taken.
 *
 * Steps: outputs of committed inputs are published and rung for; outputs of inputs that were not committed are removed;
 * abandoned entries go back to new/, or to shunt/ when three runs died over them; stale tmp/ files, stale halves of
 * reasons and journals without an entry go.
 */
import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ringBell } from './bell.ts';
import { type EntryName, hashPlace, isEntryId, parseName } from './entry-name.ts';
import { finish, placeOf, recoverToNew, removed, setAside, shunt } from './move.ts';
import { dropOutputs, findStaged, isStaged, publishOutputs } from './outputs.ts';
import { type HashRange, inRange, WHOLE } from './range.ts';
import { buckets, type Found, findIn, leftoverOf, namesIn, REASONED } from './scan.ts';
import type { Spool } from './spool.ts';
import { CRASH_LIMIT, type State } from './state.ts';

/**
 * Age at which a producer's file in tmp/, or half a reason, is taken for abandoned, milliseconds: 36 hours.
 * A producer gives up long before: see INJECT_PATIENCE_MS in intake/inject.ts (1 hour).
 */
export const STALE_TMP_MS = 36 * 3_600_000;

/** What recovery did, for the log. */
export type Recovery = {
  readonly kind: 'published' | 'returned' | 'poison' | 'bad' | 'stale';
  readonly id: string;
};

/** Sets a queue's slice right. @throws the system's errors */
export async function recoverQueue(spool: Spool, queue: string, range: HashRange): Promise<Recovery[]> {
  const { layout } = spool;
  const actions: Recovery[] = [];
  const staged = findStaged(spool, queue);
  const committed = new Set<string>();

  for (const found of findIn(layout, queue, 'done', range)) {
    const path = join(found.directory, found.file);
    if (found.name === null) {
      actions.push(...putAside(spool, queue, path));
      continue;
    }
    // It cannot be unlinked, and would keep the queue from its recovery for ever.
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      actions.push(...putAside(spool, queue, path, 'it is a directory'));
      continue;
    }
    const { id } = found.name;
    committed.add(id);
    await publishOutputs(spool, staged.get(id) ?? []);
    staged.delete(id);
    ringForOutputs(spool, id);
    finish(layout, placeOf(queue, found, found.name));
    actions.push({ kind: 'published', id });
  }

  const active = findIn(layout, queue, 'active', range);
  const unfinished = new Set<string>();
  for (const found of active) {
    if (found.name) unfinished.add(found.name.id);
  }
  for (const found of findIn(layout, queue, 'new', range)) {
    if (found.name) unfinished.add(found.name.id);
  }
  for (const [id, outputs] of staged) {
    if (!inRange(range, placeInHashSpace(id))) continue;
    // Not committed: the work will be repeated. Otherwise (held, or gone since): what was decided stands.
    if (unfinished.has(id)) {
      dropOutputs(outputs);
    } else {
      await publishOutputs(spool, outputs);
      ringForOutputs(spool, id);
      actions.push({ kind: 'published', id });
    }
  }

  for (const found of active) {
    const { name } = found;
    if (name === null) actions.push(...putAside(spool, queue, join(found.directory, found.file)));
    else if (committed.has(name.id)) removed(join(found.directory, found.file));
    else actions.push(returnEntry(spool, queue, found, name));
  }

  actions.push(...removeStale(spool, queue, range));
  removeOrphans(spool, queue, range);
  return actions;
}

/**
 * Rings for everything that came out of an input and still waits (outputs keep its time): nobody knows which
 * of their bells the dead run has rung, and their queues may be another run's.
 */
function ringForOutputs(spool: Spool, inputId: string): void {
  const { layout } = spool;
  const time = inputId.slice(0, inputId.indexOf('-') + 1);
  for (const queue of layout.queues) {
    for (const { name } of findIn(layout, queue, 'new', WHOLE)) {
      if (name?.id.startsWith(time)) ringBell(layout, queue, name.id);
    }
  }
}

function returnEntry(spool: Spool, queue: string, found: Found, name: EntryName): Recovery {
  const place = placeOf(queue, found, name);
  if (name.claims >= CRASH_LIMIT) {
    shunt(spool.layout, place, `${name.claims} runs in a row died while they worked on it`);
    return { kind: 'poison', id: name.id };
  }
  recoverToNew(spool.layout, place);
  return { kind: 'returned', id: name.id };
}

function putAside(
  spool: Spool,
  queue: string,
  path: string,
  reason = 'its name is not that of an entry',
): Recovery[] {
  const name = setAside(spool.layout, queue, path, reason);
  return name === null ? [] : [{ kind: 'bad', id: name }];
}

function placeInHashSpace(id: string): number {
  const name = parseName(id);
  return name ? hashPlace(name.id) : 0;
}

function removeStale(spool: Spool, queue: string, range: HashRange): Recovery[] {
  const gone: Recovery[] = [];
  const visit = (state: State, entryOf: (file: string) => string | null) => {
    const directory = spool.layout.directory(queue, state);
    for (const file of namesIn(directory)) {
      const path = join(directory, file);
      const entry = entryOf(file);
      if (entry === null || !inRange(range, placeInHashSpace(entry))) continue;
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (!stat?.isFile() || spool.clock.now() - stat.mtimeMs < STALE_TMP_MS) continue;
      if (removed(path)) gone.push({ kind: 'stale', id: file });
    }
  };
  visit('tmp', (file) => (isStaged(file) ? null : file));
  for (const state of REASONED) visit(state, leftoverOf);
  return gone;
}

/**
 * Removes journals of entries that are gone: their run died, or a person deleted them, before the journal went. What is
 * no journal stays.
 */
function removeOrphans({ layout }: Spool, queue: string, range: HashRange): void {
  const journals = namesIn(dirname(layout.journal(queue, 'any')));
  const orphans = new Set(journals.filter((id) => isEntryId(id) && inRange(range, hashPlace(id))));
  if (orphans.size === 0) return;
  const keep = (directory: string) => {
    for (const file of namesIn(directory)) orphans.delete(parseName(file)?.id ?? '');
  };
  const deferred = layout.directory(queue, 'deferred');
  for (const bucket of buckets(layout, queue)) keep(join(deferred, bucket));
  // new/ at the end: what a person releases meanwhile moves there.
  for (const state of ['new', 'active', 'done', 'held', 'shunt', 'bad', 'new'] as const) {
    keep(layout.directory(queue, state));
  }
  for (const id of orphans) {
    const path = layout.journal(queue, id);
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile()) removed(path);
  }
}

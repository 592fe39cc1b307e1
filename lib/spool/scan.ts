/**
 * What there is to do in a queue, found by names alone.
 *
 * Promises: oldest first; opens no entry; reads of deferred/ only the minutes that may be due.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../base/errors.ts';
import { bucketOf, type EntryName, hashPlace, parseName } from './entry-name.ts';
import type { Layout } from './layout.ts';
import { type HashRange, inRange, WHOLE } from './range.ts';
import type { State } from './state.ts';

/** A name found in a state. `name` is `null` when it is not one of ours. */
export type Found = {
  readonly state: State;
  /** The directory it lies in; in deferred/ the bucket. */
  readonly directory: string;
  readonly file: string;
  readonly name: EntryName | null;
};

/** Ends the name of the file that says why an entry is where it is. */
export const REASON_SUFFIX = '.reason';
/** States in which a reason lies beside each entry. */
export const REASONED = ['held', 'shunt', 'bad'] as const satisfies readonly State[];
/** A reason that is being written (base/durable.ts), or that a writer left who was killed: `….reason.PID.tmp`. */
const REASON_LEFTOVER = /\.reason\.\d+\.tmp$/;
const BUCKET = /^\d{8}T\d{4}Z$/;

/** Names in a directory; none when it is not there (a bucket that was just emptied). */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** NFS keeps a deleted file that is still open under such a name, and removes it by itself. */
function isLeftAlone(file: string): boolean {
  return file.startsWith('.nfs');
}

/** The name of the entry whose half-written reason this file is; `null` when it is none. */
export function leftoverOf(file: string): string | null {
  return REASON_LEFTOVER.test(file) ? file.replace(REASON_LEFTOVER, '') : null;
}

function isReason(state: State, file: string): boolean {
  if (!REASONED.some((reasoned) => reasoned === state)) return false;
  return file.endsWith(REASON_SUFFIX) || leftoverOf(file) !== null;
}

/** Everything in a state, foreign names included; `.nfs*` is left to the file system. */
export function findIn(
  layout: Layout,
  queue: string,
  state: Exclude<State, 'deferred'>,
  range: HashRange,
): Found[] {
  const directory = layout.directory(queue, state);
  const found: Found[] = [];
  for (const file of namesIn(directory)) {
    if (isLeftAlone(file) || isReason(state, file)) continue;
    const name = parseName(file);
    // A foreign name has no place in the hash space; the run that has the start of it takes care of it.
    if (inRange(range, name ? hashPlace(name.id) : 0)) found.push({ state, directory, file, name });
  }
  return found;
}

/** What lies in deferred/: the buckets, earliest first, and what is none. */
function inDeferred(directory: string): { readonly buckets: string[]; readonly foreign: string[] } {
  const buckets: string[] = [];
  const foreign: string[] = [];
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (BUCKET.test(entry.name) && entry.isDirectory()) buckets.push(entry.name);
      else if (!isLeftAlone(entry.name)) foreign.push(entry.name);
    }
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  return { buckets: buckets.sort(), foreign };
}

/** The buckets of deferred/, earliest first. */
export function buckets(layout: Layout, queue: string): string[] {
  return inDeferred(layout.directory(queue, 'deferred')).buckets;
}

/** Deferred entries that are due at `nowMicros`. */
export function findDue(layout: Layout, queue: string, range: HashRange, nowMicros: number): Found[] {
  const found: Found[] = [];
  const deferred = layout.directory(queue, 'deferred');
  const { buckets, foreign } = inDeferred(deferred);
  const addForeign = (directory: string, file: string) => {
    if (inRange(range, 0)) found.push({ state: 'deferred', directory, file, name: null });
  };
  for (const file of foreign) addForeign(deferred, file);
  // Dates are not cheap at the start of a process, and mostly nothing is deferred.
  const last = buckets.length === 0 ? '' : bucketOf(nowMicros);
  for (const bucket of buckets) {
    if (bucket > last) break;
    const directory = join(deferred, bucket);
    for (const file of namesIn(directory)) {
      const name = parseName(file);
      if (name === null || name.due === null) {
        if (!isLeftAlone(file)) addForeign(directory, file);
      } else if (name.due <= nowMicros && inRange(range, hashPlace(name.id))) {
        found.push({ state: 'deferred', directory, file, name });
      }
    }
  }
  return found;
}

/** Everything that waits to be claimed now: new and due, oldest first. */
export function findWork(layout: Layout, queue: string, range: HashRange, nowMicros: number): Found[] {
  const work = [...findIn(layout, queue, 'new', range), ...findDue(layout, queue, range, nowMicros)];
  const key = (found: Found) => found.name?.id ?? '';
  return work.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** True when a run over the queue would find nothing at all: nothing new, due, claimed or unfinished. */
export function isIdle(layout: Layout, queue: string, range: HashRange, nowMicros: number): boolean {
  return (
    findIn(layout, queue, 'new', range).length === 0 &&
    findIn(layout, queue, 'active', range).length === 0 &&
    findIn(layout, queue, 'done', range).length === 0 &&
    findDue(layout, queue, range, nowMicros).length === 0
  );
}

/** When the next deferred entry of the slice is due, microseconds since the epoch; `null` when none waits. */
export function nextDue(layout: Layout, queue: string, range: HashRange = WHOLE): number | null {
  for (const bucket of buckets(layout, queue)) {
    let least: number | null = null;
    for (const file of namesIn(join(layout.directory(queue, 'deferred'), bucket))) {
      const name = parseName(file);
      const due = name?.due ?? null;
      if (name === null || due === null || !inRange(range, hashPlace(name.id))) continue;
      if (least === null || due < least) least = due;
    }
    if (least !== null) return least;
  }
  return null;
}

/** True when outputs of these queues' entries lie in tmp/ unpublished: a run died over them. */
export function hasStaged(layout: Layout, queues: readonly string[]): boolean {
  return layout.queues.some((queue) =>
    namesIn(layout.directory(queue, 'tmp')).some((file) => queues.includes(file.split('@')[1] ?? '')),
  );
}

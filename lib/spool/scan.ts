/**
 * What there is to do in a queue, found by names alone.
 *
 * Promises: oldest first; opens no entry; reads of deferred/ only the minutes that may be due; holds no more than
 * {@link SCAN_LIMIT} names and some, however many there are.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../base/errors.ts';
import { bucketOf, type EntryName, hashPlace, parseName } from './entry-name.ts';
import type { Layout } from './layout.ts';
import { eachName } from './names.ts';
import { type HashRange, inRange, WHOLE } from './range.ts';
import { LONGEST_WAIT_MS, type State } from './state.ts';

/** A name found in a state. `name` is `null` when it is not one of ours. */
export type Found = {
  readonly state: State;
  /** The directory it lies in; in deferred/ the bucket. */
  readonly directory: string;
  /** As names.ts reads it. */
  readonly file: string;
  readonly name: EntryName | null;
};

/** Entries that one look at a queue brings. */
export const SCAN_LIMIT = 8192;

/** Ends the name of the file that says why an entry is where it is. */
export const REASON_SUFFIX = '.reason';
/** States in which a reason lies beside each entry. */
export const REASONED = ['held', 'shunt', 'bad'] as const satisfies readonly State[];
/** A reason that is being written (base/durable.ts), or that a writer left who was killed: `….reason.PID.tmp`. */
const REASON_LEFTOVER = /\.reason\.\d+\.tmp$/;
const BUCKET = /^\d{8}T\d{4}Z$/;

/** NFS keeps a deleted file that is still open under such a name, and removes it by itself. */
function isLeftAlone(file: string): boolean {
  return file.startsWith('.nfs');
}

/** The name of the entry whose half-written reason this file is; `null` when it is none. */
export function leftoverOf(file: string): string | null {
  return REASON_LEFTOVER.test(file) ? file.replace(REASON_LEFTOVER, '') : null;
}

/** True for the name of a reason, whole or half-written. */
export function isReasonName(file: string): boolean {
  return file.endsWith(REASON_SUFFIX) || leftoverOf(file) !== null;
}

function isReason(state: State, file: string): boolean {
  return REASONED.some((reasoned) => reasoned === state) && isReasonName(file);
}

/** Everything in a state, foreign names included; `.nfs*` is left to the file system. @throws the system's error */
export function* eachIn(
  layout: Layout,
  queue: string,
  state: Exclude<State, 'deferred'>,
  range: HashRange = WHOLE,
): Generator<Found, void> {
  const directory = layout.directory(queue, state);
  for (const file of eachName(directory)) {
    if (isLeftAlone(file) || isReason(state, file)) continue;
    const name = parseName(file);
    // A foreign name has no place in the hash space; the run that has the start of it takes care of it.
    if (inRange(range, name ? hashPlace(name.id) : 0)) yield { state, directory, file, name };
  }
}

/** What lies in deferred/: the buckets, earliest first, and what is none. */
function inDeferred(directory: string): { readonly buckets: string[]; readonly foreign: string[] } {
  const buckets: string[] = [];
  const foreign: string[] = [];
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true, encoding: 'latin1' })) {
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

/** A wait that is longer than any that is given was given by a clock that was wrong. */
const TOO_FAR_MICROS = (LONGEST_WAIT_MS + 86_400_000) * 1000;

/** Deferred entries that are due at `nowMicros`, the earliest minutes first. */
export function* eachDue(
  layout: Layout,
  queue: string,
  range: HashRange,
  nowMicros: number,
): Generator<Found, void> {
  const deferred = layout.directory(queue, 'deferred');
  const { buckets, foreign } = inDeferred(deferred);
  if (inRange(range, 0))
    for (const file of foreign) yield { state: 'deferred', directory: deferred, file, name: null };
  // Dates are not cheap at the start of a process, and mostly nothing is deferred.
  if (buckets.length === 0) return;
  const last = bucketOf(nowMicros);
  const tooFar = bucketOf(nowMicros + TOO_FAR_MICROS);
  for (const bucket of buckets) {
    if (bucket > last && bucket <= tooFar) continue;
    const directory = join(deferred, bucket);
    for (const file of eachName(directory)) {
      const name = parseName(file);
      if (name === null || name.due === null) {
        if (!isLeftAlone(file) && inRange(range, 0)) yield { state: 'deferred', directory, file, name: null };
      } else if ((name.due <= nowMicros || bucket > tooFar) && inRange(range, hashPlace(name.id))) {
        yield { state: 'deferred', directory, file, name };
      }
    }
  }
}

function* eachWork(
  layout: Layout,
  queue: string,
  range: HashRange,
  nowMicros: number,
): Generator<Found, void> {
  yield* eachIn(layout, queue, 'new', range);
  yield* eachDue(layout, queue, range, nowMicros);
}

const keyOf = (found: Found) => found.name?.id ?? '';
const byAge = (a: Found, b: Found) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0);

/**
 * What waits to be claimed now, new and due: the oldest `limit` entries, oldest first. Foreign names come first, and
 * are entries too as far as the limit is concerned.
 */
export function findWork(
  layout: Layout,
  queue: string,
  range: HashRange,
  nowMicros: number,
  limit = SCAN_LIMIT,
): Found[] {
  const slack = Math.ceil(limit / 4);
  const work: Found[] = [];
  /** Nothing that is younger gets in any more. */
  let youngest: string | null = null;
  for (const found of eachWork(layout, queue, range, nowMicros)) {
    if (youngest !== null && keyOf(found) > youngest) continue;
    work.push(found);
    if (work.length < limit + slack) continue;
    work.sort(byAge).length = limit;
    const last = work.at(-1);
    youngest = last ? keyOf(last) : null;
  }
  return work.sort(byAge).slice(0, limit);
}

function isEmpty(found: Iterable<Found>): boolean {
  // A loop and not next(): leaving it closes the directory.
  for (const _ of found) return false;
  return true;
}

/** True when something waits to be claimed now. Looks no further than the first. */
export function hasWork(layout: Layout, queue: string, range: HashRange, nowMicros: number): boolean {
  return !isEmpty(eachWork(layout, queue, range, nowMicros));
}

/** True when entries of the queue lie where only a run may have them: it works on them now, or died over them. */
export function hasUnfinished(layout: Layout, queue: string, range: HashRange): boolean {
  return (['active', 'done'] as const).some((state) => !isEmpty(eachIn(layout, queue, state, range)));
}

/** True when a run over the queue would find nothing at all: nothing new, due, claimed or unfinished. */
export function isIdle(layout: Layout, queue: string, range: HashRange, nowMicros: number): boolean {
  return !hasWork(layout, queue, range, nowMicros) && !hasUnfinished(layout, queue, range);
}

/** What waits in deferred/. */
export type Waiting = {
  /** Entries, counted up to the limit. */
  readonly count: number;
  /** When the earliest is due, microseconds since the epoch; within its minute when that has more than the limit. */
  readonly nextDue: number | null;
};

/** Counts what waits in deferred/, up to `limit`. Reads no more names of the slice than that. */
export function waiting(layout: Layout, queue: string, limit: number, range: HashRange = WHOLE): Waiting {
  const deferred = layout.directory(queue, 'deferred');
  let count = 0;
  let nextDue: number | null = null;
  for (const bucket of buckets(layout, queue)) {
    let least: number | null = null;
    for (const file of eachName(join(deferred, bucket))) {
      const name = parseName(file);
      const due = name?.due ?? null;
      if (name === null || due === null || !inRange(range, hashPlace(name.id))) continue;
      if (least === null || due < least) least = due;
      if (++count >= limit) break;
    }
    // Buckets are minutes: an entry of a later one is not due earlier.
    nextDue ??= least;
    if (count >= limit) break;
  }
  return { count, nextDue };
}

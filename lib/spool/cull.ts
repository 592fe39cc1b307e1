/**
 * Housekeeping that no run has time for: entries that were set aside longer ago than they are kept, and remains that
 * belong to nothing any more.
 *
 * Promises: an entry goes only when its state has a time to be kept for, and has been in it for longer. Deleting is an
 * operator's move and takes no lock; what somebody releases meanwhile stays. Journals are looked at with the queue's lock.
 */
import { lstatSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isEntryId, parseName } from './entry-name.ts';
import type { Layout } from './layout.ts';
import { forgetReason, placeOf, remove, removed } from './move.ts';
import { eachName, pathOf } from './names.ts';
import { STALE_TMP_MS } from './recover.ts';
import { buckets, eachIn, type Found, isReasonName, leftoverOf, REASON_SUFFIX, REASONED } from './scan.ts';
import type { Spool } from './spool.ts';
import type { State } from './state.ts';

/** How long entries are kept in the states where a person decides, milliseconds; `null`: for ever. */
export type Retention = Readonly<Record<(typeof REASONED)[number], number | null>>;

/** Something that was removed, or would be. */
export type Culled = {
  readonly kind: 'entry' | 'reason' | 'journal';
  readonly queue: string;
  readonly state: State | 'journal';
  readonly file: string;
  /** How long it has been where it is, milliseconds. */
  readonly ageMs: number;
};

/** Finds and, unless it is a rehearsal, removes what a queue need not keep. @throws the system's error */
export function* cullQueue(
  spool: Spool,
  queue: string,
  retention: Retention,
  rehearsal: boolean,
): Generator<Culled, void> {
  for (const state of REASONED) {
    const keptMs = retention[state];
    if (keptMs !== null) yield* cullEntries(spool, queue, state, keptMs, rehearsal);
    yield* cullReasons(spool, queue, state, rehearsal);
  }
}

/** Time since the file's inode last changed: a move changes it. `null` when it is gone. */
function ageOf(spool: Spool, path: string | Buffer): number | null {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat === undefined ? null : spool.clock.now() - stat.ctimeMs;
}

function* cullEntries(
  spool: Spool,
  queue: string,
  state: (typeof REASONED)[number],
  keptMs: number,
  rehearsal: boolean,
): Generator<Culled, void> {
  for (const found of eachIn(spool.layout, queue, state)) {
    const ageMs = ageOf(spool, pathOf(found.directory, found.file));
    if (ageMs === null || ageMs <= keptMs) continue;
    if (!rehearsal && !removeFound(spool.layout, queue, found)) continue;
    yield { kind: 'entry', queue, state, file: found.name?.id ?? found.file, ageMs };
  }
}

function removeFound(layout: Layout, queue: string, found: Found): boolean {
  if (found.name) {
    const place = placeOf(queue, found, found.name);
    if (!remove(layout, place)) return false;
    // Without a sync: what a power cut brings back is culled again.
    forgetReason(place);
    return true;
  }
  // Whatever lies in bad/ under a name that is none: a directory too.
  rmSync(pathOf(found.directory, found.file), { recursive: true, force: true });
  removed(join(found.directory, `${found.file}${REASON_SUFFIX}`));
  return true;
}

/** Halves of reasons whose writer was killed, and reasons whose entry is gone, when they are old enough to be nobody's. */
function* cullReasons(
  spool: Spool,
  queue: string,
  state: (typeof REASONED)[number],
  rehearsal: boolean,
): Generator<Culled, void> {
  const directory = spool.layout.directory(queue, state);
  for (const file of eachName(directory)) {
    if (!isReasonName(file)) continue;
    const entry = leftoverOf(file) ?? file.slice(0, -REASON_SUFFIX.length);
    const half = leftoverOf(file) !== null;
    if (!half && lstatSync(pathOf(directory, entry), { throwIfNoEntry: false }) !== undefined) continue;
    const path = pathOf(directory, file);
    const ageMs = ageOf(spool, path);
    if (ageMs === null || ageMs < STALE_TMP_MS) continue;
    if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    if (rehearsal || removed(path)) yield { kind: 'reason', queue, state, file, ageMs };
  }
}

/**
 * Journals of entries that are in no state any more: their run died, or a person deleted them, before the journal went.
 * What is no journal stays. The caller holds the queue's lock. @throws the system's error
 */
export function* cullJournals(spool: Spool, queue: string, rehearsal: boolean): Generator<Culled, void> {
  const { layout } = spool;
  const directory = dirname(layout.journal(queue, 'any'));
  const orphans = new Set<string>();
  for (const file of eachName(directory)) if (isEntryId(file)) orphans.add(file);
  if (orphans.size === 0) return;
  const keep = (place: string) => {
    for (const file of eachName(place)) orphans.delete(parseName(file)?.id ?? '');
  };
  const deferred = layout.directory(queue, 'deferred');
  for (const bucket of buckets(layout, queue)) keep(join(deferred, bucket));
  // new/ at the end: what a person releases meanwhile moves there.
  for (const state of ['new', 'active', 'done', 'held', 'shunt', 'bad', 'new'] as const)
    keep(layout.directory(queue, state));
  for (const id of orphans) {
    const path = layout.journal(queue, id);
    const ageMs = ageOf(spool, path);
    if (ageMs === null || !lstatSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    if (rehearsal || removed(path)) yield { kind: 'journal', queue, state: 'journal', file: id, ageMs };
  }
}

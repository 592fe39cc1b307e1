/**
 * Every move of an entry that has been accepted: each is one rename(2) or unlink(2), and all of them are here.
 *
 * Promises: an entry is in exactly one state at any moment. A reason is written before the move it explains.
 * Fails: "already gone" (ENOENT) is success for a mover and answered with `false` or `null`, since somebody else was
 * quicker; every other error is the system's, unchanged, but for EXDEV, which comes with what to do about it.
 */
import { lstatSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileDurably } from '../base/durable.ts';
import { errorCode } from '../base/errors.ts';
import { bucketOf, type EntryName, formatName, newName } from './entry-name.ts';
import { FILE_MODE, type Layout, makeDirectories } from './layout.ts';
import { type NamePath, pathOf, plainName } from './names.ts';
import { otherFileSystem } from './one-file-system.ts';
import { type Found, isReasonName, REASON_SUFFIX } from './scan.ts';
import type { State } from './state.ts';

/** Where an entry lies: what a move starts from. */
export type Place = {
  readonly queue: string;
  readonly state: State;
  readonly path: string;
  readonly name: EntryName;
};

/** The place of something found by a scan whose name is one of ours. */
export function placeOf(queue: string, found: Found, name: EntryName): Place {
  return { queue, state: found.state, path: join(found.directory, found.file), name };
}

function isThere(path: NamePath): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Renames; false when the entry was gone. @throws the system's error, also when the target's directory is missing */
export function moved(from: NamePath, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && !isThere(from)) return false;
    if (errorCode(error) === 'EXDEV') throw otherFileSystem(from.toString(), to, error);
    throw error;
  }
}

function moveTo(
  layout: Layout,
  place: Place,
  state: Exclude<State, 'deferred'>,
  name: EntryName,
): Place | null {
  const path = join(layout.directory(place.queue, state), formatName(name));
  return moved(place.path, path) ? { queue: place.queue, state, path, name } : null;
}

/** new, deferred → active. The rename that claims also counts the claim, before any work. */
export function claim(layout: Layout, place: Place): Place | null {
  const name = { ...place.name, claims: place.name.claims + 1, due: null };
  const active = moveTo(layout, place, 'active', name);
  if (active && place.state === 'deferred') removeEmptyBucket(dirname(place.path));
  return active;
}

/** active → new: put back by a run that must end; the claim does not count. */
export function putBack(layout: Layout, place: Place): Place | null {
  return moveTo(layout, place, 'new', { ...place.name, claims: Math.max(0, place.name.claims - 1) });
}

/** active → new: its run died. The claim stays counted, unless `claims` says otherwise. */
export function recoverToNew(layout: Layout, place: Place, claims = place.name.claims): Place | null {
  return moveTo(layout, place, 'new', { ...place.name, claims });
}

/** active → done: the outputs are written; from here on they only get published. */
export function commit(layout: Layout, place: Place): Place | null {
  return moveTo(layout, place, 'done', place.name);
}

/** active, done → gone. Also what is known of its progress. */
export function finish(layout: Layout, place: Place): boolean {
  const gone = leave(place);
  forgetProgress(layout, place);
  return gone;
}

/** active → gone, while its journal stays: until this is synced, a power cut may bring the entry back. */
export function leave(place: Place): boolean {
  return removed(place.path);
}

/** Removes the journal of an entry that is gone. */
export function forgetProgress(layout: Layout, place: Place): void {
  const journal = layout.journal(place.queue, place.name.id);
  // Mostly there is none, and an error thrown and caught would be the dearest part of it.
  if (isThere(journal)) removed(journal);
}

/** Times a bucket is made that others remove again before an entry lies in it. */
const BUCKET_TRIES = 10;

/** active → deferred, until `dueMicros`. `failed` counts a failure. */
export function defer(layout: Layout, place: Place, dueMicros: number, failed: boolean): Place | null {
  const due = Math.round(dueMicros);
  const name = { ...place.name, claims: 0, failures: place.name.failures + (failed ? 1 : 0), due };
  const directory = join(layout.directory(place.queue, 'deferred'), bucketOf(due));
  const path = join(directory, formatName(name));
  for (let tries = 1; ; tries++) {
    try {
      makeDirectories(directory);
      return moved(place.path, path) ? { queue: place.queue, state: 'deferred', path, name } : null;
    } catch (error) {
      // Another run may remove the empty bucket between the two calls.
      if (errorCode(error) !== 'ENOENT' || tries === BUCKET_TRIES) throw error;
    }
  }
}

/** active → held by a runner's verdict, new and deferred → held by a person; with the reason beside it. */
export function hold(layout: Layout, place: Place, reason: string): Place | null {
  return moveWithReason(layout, place, 'held', { ...place.name, claims: 0, due: null }, reason);
}

/** active → shunt, with the reason beside it. */
export function shunt(layout: Layout, place: Place, reason: string): Place | null {
  return moveWithReason(layout, place, 'shunt', { ...place.name, due: null }, reason);
}

function moveWithReason(
  layout: Layout,
  place: Place,
  state: 'held' | 'shunt',
  name: EntryName,
  reason: string,
): Place | null {
  const target = join(layout.directory(place.queue, state), formatName(name));
  const reasonFile = `${target}${REASON_SUFFIX}`;
  writeFileDurably(reasonFile, reasonText(reason), FILE_MODE);
  const there = moveTo(layout, place, state, name);
  // Gone before we came; but whoever was quicker may have brought it to the same place.
  if (there === null && !isThere(target)) removed(reasonFile);
  return there;
}

/**
 * any → bad: not readable as an entry. The name stays as it is where a person can type it (names.ts), and gets a number
 * when bad/ has it already; the caller holds the lock of the queue's range, so nobody else takes the free name.
 * Returns the new name, or `null` when the file was gone.
 */
export function setAside(
  layout: Layout,
  queue: string,
  { directory, file }: { readonly directory: string; readonly file: string },
  reason: string,
): string | null {
  const bad = layout.directory(queue, 'bad');
  const plain = isReasonName(file) ? `${plainName(file)}.file` : plainName(file);
  let name = plain;
  for (let number = 1; isThere(join(bad, name)); number++) name = `${plain}.${number}`;
  const reasonFile = join(bad, `${name}${REASON_SUFFIX}`);
  writeFileDurably(reasonFile, reasonText(reason), FILE_MODE);
  if (moved(pathOf(directory, file), join(bad, name))) return name;
  removed(reasonFile);
  return null;
}

/**
 * held, shunt, bad → new, by a person. From held the flag `r` says that a person looked at it; counters start again.
 * Its reason stays until {@link forgetReason}.
 */
export function release(layout: Layout, place: Place): Place | null {
  const name = { ...newName(place.name.id), released: place.name.released || place.state === 'held' };
  return moveTo(layout, place, 'new', name);
}

/** held, shunt, bad → gone, by a person. Its reason stays until {@link forgetReason}. */
export function remove(layout: Layout, place: Place): boolean {
  return finish(layout, place);
}

/** Removes the reason beside the place of an entry that has left it; after a sync, else a power cut could bring it back without one. */
export function forgetReason(place: Place): void {
  removed(`${place.path}${REASON_SUFFIX}`);
}

/** Unlinks; false when it was gone. */
export function removed(path: NamePath): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function reasonText(reason: string): string {
  return `${new Date().toISOString()} ${reason.trimEnd()}\n`;
}

/** Does not throw: the entry has been claimed already and must be worked on, and an empty bucket that stays does no harm. */
function removeEmptyBucket(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Mostly it is not empty.
  }
}

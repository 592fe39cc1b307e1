/** What lies in the spool, for people: counts and ages by state, and one entry by its id. */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../base/errors.ts';
import { type EntryName, parseName, receivedAt } from './entry-name.ts';
import type { Layout } from './layout.ts';
import { type Place, placeOf } from './move.ts';
import { eachName, pathOf, typeable } from './names.ts';
import { buckets, eachIn, REASON_SUFFIX } from './scan.ts';
import { STATES, type State } from './state.ts';

/** Something that lies in a state. */
export type Seen = {
  readonly queue: string;
  readonly state: State;
  /** A foreign name as it can be typed, and so its path. */
  readonly file: string;
  readonly path: string;
  /** `null` for a foreign name. */
  readonly name: EntryName | null;
  /** Milliseconds since the epoch; for a foreign name the file's time. */
  readonly receivedAt: number;
  /** Milliseconds since the epoch; only in deferred/. */
  readonly dueAt: number | null;
};

/** Everything in one state of a queue, in no order. */
export function* eachSeen(layout: Layout, queue: string, state: State): Generator<Seen, void> {
  const see = (directory: string, file: string, name: EntryName | null): Seen | null => {
    const shown = name ? file : typeable(file);
    const path = join(directory, shown);
    const at = name
      ? receivedAt(name.id)
      : (lstatSync(pathOf(directory, file), { throwIfNoEntry: false })?.mtimeMs ?? null);
    if (at === null) return null;
    const dueAt = name?.due === null || name === null ? null : name.due / 1000;
    return { queue, state, file: shown, path, name, receivedAt: at, dueAt };
  };
  if (state === 'deferred') {
    for (const bucket of buckets(layout, queue)) {
      const directory = join(layout.directory(queue, state), bucket);
      for (const file of eachName(directory)) {
        const seen = see(directory, file, parseName(file));
        if (seen) yield seen;
      }
    }
  } else {
    for (const { directory, file, name } of eachIn(layout, queue, state)) {
      const seen = see(directory, file, name);
      if (seen) yield seen;
    }
  }
}

/** Everything in one state of a queue, oldest first. */
export function seeState(layout: Layout, queue: string, state: State): Seen[] {
  return [...eachSeen(layout, queue, state)].sort((a, b) => a.receivedAt - b.receivedAt);
}

/** Times {@link findEntry} looks for an entry that moves on while it looks. */
const LOOKS = 10;

/** Every entry whose id, or the hash in it, begins with `prefix`; a foreign file by its whole name. Each of them once. */
export function findEntry(layout: Layout, prefix: string): Seen[] {
  for (let look = 1; ; look++) {
    const found = lookFor(layout, prefix);
    // Seen in two states: it moved between the two looks, and may have moved again.
    const still = found.length < 2 ? found : found.filter(({ path }) => isThere(path));
    if (look === LOOKS || (still.length > 0 && !hasTwice(still)) || found.length === 0) return still;
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function hasTwice(seen: readonly Seen[]): boolean {
  return new Set(seen.map(({ queue, name, path }) => `${queue} ${name?.id ?? path}`)).size < seen.length;
}

function lookFor(layout: Layout, prefix: string): Seen[] {
  const found: Seen[] = [];
  for (const queue of layout.queues) {
    for (const state of STATES) {
      const here: Seen[] = [];
      for (const seen of eachSeen(layout, queue, state)) {
        if (seen.name ? matches(seen.name.id, prefix) : seen.file === prefix) here.push(seen);
      }
      found.push(...here.sort((a, b) => a.receivedAt - b.receivedAt));
    }
  }
  return found;
}

function matches(id: string, prefix: string): boolean {
  return id.startsWith(prefix) || id.slice(id.indexOf('-') + 1).startsWith(prefix);
}

/** The place of something seen, for a move; `null` for a foreign name. */
export function placeOfSeen(seen: Seen): Place | null {
  return (
    seen.name &&
    placeOf(seen.queue, { state: seen.state, directory: '', file: seen.path, name: seen.name }, seen.name)
  );
}

/** Why an entry is where it is, or `null`. */
export function reasonOf(seen: Seen): string | null {
  try {
    return readFileSync(`${seen.path}${REASON_SUFFIX}`, 'utf8').trimEnd();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

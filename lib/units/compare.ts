/** What lies on the disk against what is made from the configuration. Reads only. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, errorText, TemporaryError } from '../base/errors.ts';
import { readSeal } from './marker.ts';
import type { Places } from './places.ts';
import type { UnitFile } from './plan.ts';

/**
 * - `same`: nothing to do
 * - `missing`: to be written
 * - `differs`: ours, and the configuration or the program has changed
 * - `changed`: ours, and changed by hand: not touched without force
 * - `foreign`: not ours: not touched without force
 * - `stale`: ours, and not wanted any more
 */
export type FileState = 'same' | 'missing' | 'differs' | 'changed' | 'foreign' | 'stale';

/** One file. */
export type Compared = {
  readonly kind: UnitFile['kind'];
  readonly name: string;
  readonly path: string;
  readonly state: FileState;
  /** What lies there, or `null`. */
  readonly found: string | null;
  /** What is to lie there, or `null`. */
  readonly wanted: string | null;
  /** True when what lies there was changed by hand, or is not ours. */
  readonly byHand: boolean;
};

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw new TemporaryError(`cannot read ${path}: ${errorText(error)}`, { cause: error });
  }
}

/** Files of the set `name` that lie there, by path. Drop-ins are directories and never among them. */
function written(name: string, places: Places): Map<string, Omit<Compared, 'wanted' | 'state'>> {
  const files = new Map<string, Omit<Compared, 'wanted' | 'state'>>();
  for (const kind of ['unit', 'sysusers', 'tmpfiles'] as const) {
    for (const file of filesOf(places[kind], name)) {
      const path = join(places[kind], file);
      const found = readIfThere(path);
      const seal = found === null ? null : readSeal(found);
      if (found === null || seal?.name !== name) continue;
      files.set(path, { kind, name: file, path, found, byHand: !seal.whole });
    }
  }
  return files;
}

/** Regular files whose names begin with the set's name; links, as `systemctl mask` makes them, are not ours. */
function filesOf(directory: string, name: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.startsWith(name))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw new TemporaryError(`cannot read ${directory}: ${errorText(error)}`, { cause: error });
  }
}

/**
 * Compares each wanted file with what lies there, and adds what lies there of the set and is not wanted.
 * @throws TemporaryError when something cannot be read
 */
export function compareFiles(name: string, wanted: readonly UnitFile[], places: Places): Compared[] {
  const there = written(name, places);
  const compared = wanted.map(({ kind, name: file, text }): Compared => {
    const path = join(places[kind], file);
    const ours = there.get(path);
    there.delete(path);
    const found = ours?.found ?? readIfThere(path);
    const base = { kind, name: file, path, found, wanted: text };
    if (found === null) return { ...base, state: 'missing', byHand: false };
    if (found === text) return { ...base, state: 'same', byHand: false };
    if (ours === undefined) return { ...base, state: 'foreign', byHand: true };
    return { ...base, state: ours.byHand ? 'changed' : 'differs', byHand: ours.byHand };
  });
  const stale = [...there.values()].map((file): Compared => ({ ...file, state: 'stale', wanted: null }));
  return [...compared, ...stale];
}

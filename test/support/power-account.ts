/** What became of every message, and whether that is right. Messages are told apart by a word in them, `token-NAME`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEntryFile } from '../../lib/spool/entry-file.ts';
import { REASONED } from '../../lib/spool/scan.ts';
import { STATES, type State } from '../../lib/spool/state.ts';

/** A way a message may have ended. */
export type Outcome = {
  /** Where it lies, in order, each place as often as it lies there: `left/deferred:0`, with the output's number. */
  readonly places: readonly string[];
  /** What was done for it outside, each at least once. */
  readonly effects: readonly string[];
};

/** It was never accepted, or has gone without a trace. */
export const NOTHING: Outcome = { places: [], effects: [] };

/** The last words of every message. */
export const LAST_WORDS = 'the end\n';

/** How often each thing was done outside. */
export type Effects = ReadonlyMap<string, number>;

/** What is found where. */
export type Survey = {
  readonly places: ReadonlyMap<string, readonly string[]>;
  readonly wrong: readonly string[];
};

const TOKEN = /token-[a-z0-9]+/;
const REASON = /^\d{4}-\d\d-\d\dT[\d:.]+Z \S/;

/** Files below a directory, with the directories between. */
function filesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const isReasoned = (state: State) => REASONED.some((reasoned) => reasoned === state);

/** Looks at every entry of the spool and every mail, after a run that met no trouble. */
export function survey(disk: string, queues: readonly string[]): Survey {
  const places = new Map<string, string[]>();
  const wrong: string[] = [];
  const add = (place: string, path: string): void => {
    const text = readFileSync(path, 'latin1');
    const token = TOKEN.exec(text)?.[0];
    const output = /^Output: (\d+)$/m.exec(text)?.[1];
    if (token === undefined) wrong.push(`${place} has a file of nobody's: ${path}`);
    else places.set(token, [...(places.get(token) ?? []), output ? `${place}:${output}` : place]);
    if (!place.endsWith('/bad') && !text.endsWith(LAST_WORDS))
      wrong.push(`${place} has half a message: ${path}`);
  };
  for (const queue of queues) {
    for (const state of STATES) {
      for (const path of filesIn(join(disk, 'spool', queue, state))) {
        if (isReasoned(state) && /\.reason(\.\d+\.tmp)?$/.test(path)) continue;
        // A producer that died; nothing was promised, and it goes when it is old.
        if (state === 'tmp' && !path.includes('@')) continue;
        add(`${queue}/${state}`, path);
        const entry = readEntryFile(path);
        if (state !== 'bad' && typeof entry === 'string') wrong.push(`${path} is no entry: ${entry}`);
        if (!isReasoned(state)) continue;
        const reason = existsSync(`${path}.reason`) ? readFileSync(`${path}.reason`, 'utf8') : 'missing';
        if (!REASON.test(reason)) wrong.push(`${path} has no reason beside it: ${JSON.stringify(reason)}`);
      }
    }
  }
  for (const path of filesIn(join(disk, 'mail'))) {
    const [, member = '', folder = ''] = /mail\/([^/]+)\/([^/]+)\/[^/]+$/.exec(path) ?? [];
    if (folder !== 'tmp') add(`mail/${member}`, path);
  }
  return { places, wrong };
}

/** How often something was done again, all in all, that need not have been. */
function repeats(effects: Effects): number {
  return [...effects.values()].reduce((sum, count) => sum + count - 1, 0);
}

/**
 * What is wrong with what became of the messages; nothing when each has an outcome that is allowed, and at most `mayRepeat`
 * effects were repeated: by default the one that was in work at the time of the cut.
 */
export function account(
  { places, wrong }: Survey,
  effects: Effects,
  allowed: ReadonlyMap<string, readonly Outcome[]>,
  mayRepeat = 1,
): string[] {
  const found = [...wrong];
  for (const token of new Set([...allowed.keys(), ...places.keys()])) {
    const lies = [...(places.get(token) ?? [])].sort();
    const done = [...effects.keys()].filter((effect) => TOKEN.exec(effect)?.[0] === token).sort();
    const fits = (allowed.get(token) ?? []).some(
      (outcome) =>
        [...outcome.places].sort().join() === lies.join() &&
        [...outcome.effects].sort().join() === done.join(),
    );
    if (!fits) found.push(`${token} lies in [${lies.join(', ')}], done for it: [${done.join(', ')}]`);
  }
  if (repeats(effects) > mayRepeat) {
    const all = [...effects]
      .filter(([, count]) => count > 1)
      .map(([effect, count]) => `${effect} ${count} times`);
    found.push(`done again: ${all.join(', ')}`);
  }
  return found;
}

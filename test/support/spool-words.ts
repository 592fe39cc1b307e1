/**
 * What lies in a spool in words that are the same in every run: ids become X, Y, Z; times and process ids become words.
 */
import { existsSync } from 'node:fs';
import { filesInSpool } from './lab.ts';

const ID = /\d{16}-[0-9a-f]{20}/g;
const LETTERS = ['X', 'Y', 'Z', 'W', 'V', 'U', 'T', 'S'];

/** Gives ids their letters, in the order in which it hears of them. */
export type Words = {
  /** A path below the spool, or a line of the log, with words for what differs from run to run. */
  readonly text: (text: string) => string;
  /** The same letters so far; what comes after is its own. */
  readonly copy: () => Words;
};

/** `known`: ids that have letters already, in their order. `home`: the queue whose name goes without saying. */
export function makeWords(home: string, known: readonly string[] = []): Words {
  const letters = new Map<string, string>();
  const letterOf = (id: string): string => {
    const letter = letters.get(id) ?? LETTERS[letters.size] ?? `X${letters.size}`;
    letters.set(id, letter);
    return letter;
  };
  for (const id of known) letterOf(id);
  return {
    text: (text) =>
      text
        .replace(/\b\d{16}-(?=\d{16}-)/g, 'DUE-')
        // Of an output that is staged only its own id is told.
        .replace(/(\d{16}-[0-9a-f]{20})@[\w-]+@\d{16}-[0-9a-f]{20}/g, '$1')
        .replace(ID, letterOf)
        .replace(/\d{8}T\d{4}Z/g, 'MINUTE')
        .replace(/\.\d+\.tmp\b/g, '.PID.tmp')
        .replace(new RegExp(`(^|[ ,])${home}/`, 'g'), '$1')
        .replace(/\bbell\/[\w-]+,/, 'bell/'),
    copy: () => makeWords(home, [...letters.keys()]),
  };
}

/** The ids in the names of a spool's files, each once, oldest first; none when it is not there. */
export function idsIn(spool: string): string[] {
  if (!existsSync(spool)) return [];
  const names = filesInSpool(spool).filter((file) => !/(^|\/)tmp\//.test(file));
  return [...new Set(names.flatMap((name) => [...name.matchAll(ID)].map(([id]) => id)))].sort();
}

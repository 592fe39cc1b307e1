/** What an administrator should know of a site's places although nothing is wrong with them. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Site } from '../config/site.ts';
import { silentFileSystem } from '../watch/file-system.ts';

/** Sentences about the spool's file system; empty on a local disk. `nameOf` is for tests. */
export function placeNotes(
  { spool }: Site,
  nameOf: (path: string) => string | null = silentFileSystem,
): string[] {
  let there = spool;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  const name = nameOf(there);
  if (name === null) return [];
  return [
    `${spool} is on ${name}, which does not tell this computer of every change: what other computers put there is found by ` +
      'the sweep or the next look, not at once. Only one computer may run qrunner on it, and its locks must work',
  ];
}

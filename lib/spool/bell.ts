/**
 * Bells: empty files that say "there is work", in the one directory a path unit watches.
 *
 * A producer rings after its entry is accepted. A run lists the bells, drains, and removes exactly those it
 * listed; killed before that, it leaves them, and systemd starts it again. A bell's name is `QUEUE,ID`, so that a
 * run over some queues or a slice removes only the bells of its own work.
 */
import { closeSync, fchmodSync, linkSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../base/errors.ts';
import { isEntryId } from './entry-name.ts';
import { FILE_MODE, type Layout } from './layout.ts';
import { eachName } from './names.ts';

/** Bells that are listed at once, so that any number of them takes a fixed space. */
export const BELL_LIMIT = 8192;

/**
 * Rings for an entry that is already in new/. Does not throw: a bell that cannot be rung (no inode left) must not
 * make an accepted entry look refused; the sweep makes it good.
 */
export function ringBell(layout: Layout, queue: string, id: string): void {
  const bell = join(layout.bell, `${queue},${id}`);
  try {
    // A link: a new inode for each bell would cost a journalling file system as much again as the entry.
    linkSync(layout.bellSource, bell);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') makeBell(layout, bell, errorCode(error) === 'ENOENT');
  }
}

/** A bell that is no link: the first of a spool, one too many links, a file system that has none. */
function makeBell(layout: Layout, bell: string, first: boolean): void {
  try {
    const fd = openSync(first ? layout.bellSource : bell, 'w', FILE_MODE);
    try {
      fchmodSync(fd, FILE_MODE);
    } finally {
      closeSync(fd);
    }
    if (first) linkSync(layout.bellSource, bell);
  } catch {
    if (first) makeBell(layout, bell, false);
  }
}

/** Queue and id of a bell's name; `null` for one that no queue could answer. */
export function readBell(
  layout: Layout,
  name: string,
): { readonly queue: string; readonly id: string } | null {
  const [queue = '', id = '', ...rest] = name.split(',');
  return rest.length === 0 && isEntryId(id) && layout.queues.includes(queue) ? { queue, id } : null;
}

/** The bells of the entries a run covers, and every bell that no queue could answer; {@link BELL_LIMIT} at most. */
export function listBells(
  layout: Layout,
  covers: (queue: string, id: string) => boolean,
  limit = BELL_LIMIT,
): string[] {
  const bells: string[] = [];
  for (const name of eachName(layout.bell)) {
    const bell = readBell(layout, name);
    if (bell !== null && !covers(bell.queue, bell.id)) continue;
    bells.push(name);
    if (bells.length >= limit) break;
  }
  return bells;
}

/**
 * Bells: empty files that say "there is work", in the one directory a path unit watches.
 *
 * A producer rings after its entry is accepted. A run lists the bells, drains, and removes exactly those it
 * listed; killed before that, it leaves them, and systemd starts it again. A bell's name is `QUEUE,ID`, so that a
 * run over some queues or a slice removes only the bells of its own work.
 */
import { closeSync, fchmodSync, linkSync, lstatSync, openSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../base/errors.ts';
import { isEntryId } from './entry-name.ts';
import { FILE_MODE, type Layout } from './layout.ts';
import { setAside } from './move.ts';
import { eachName, pathOf } from './names.ts';

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
function readBell(layout: Layout, name: string): { readonly queue: string; readonly id: string } | null {
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

/**
 * Removes bells that were listed; one that is gone already is no trouble. What is no bell, and is not empty either, is set
 * aside in bad/ of the first queue: it would wake runs for ever. Returns the names it has there.
 * @throws after all others are removed, the first trouble: what stays would start runs without end if this one was a success
 */
export function silenceBells(layout: Layout, bells: readonly string[]): string[] {
  const aside: string[] = [];
  const troubles: unknown[] = [];
  for (const bell of bells) {
    try {
      aside.push(...(readBell(layout, bell) === null ? clear(layout, bell) : removeBell(layout, bell)));
    } catch (error) {
      troubles.push(error);
    }
  }
  if (troubles.length > 0) throw troubles[0];
  return aside;
}

function removeBell(layout: Layout, bell: string): string[] {
  try {
    unlinkSync(join(layout.bell, bell));
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return [];
    // POSIX wants EPERM for a directory, Linux says EISDIR.
    if (code !== 'EISDIR' && code !== 'EPERM') throw error;
    return clear(layout, bell);
  }
  return [];
}

/** Why something from bell/ lies in bad/. */
export const STRANGE_BELL = 'it lay in bell/, where only empty files belong';

/** Removes what is empty, and sets aside what is not. Returns the name it has then. @throws the system's error */
function clear(layout: Layout, bell: string): string[] {
  const path = pathOf(layout.bell, bell);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  try {
    if (stat?.isDirectory()) {
      rmdirSync(path);
      return [];
    }
    if (stat === undefined || stat.size === 0) {
      unlinkSync(path);
      return [];
    }
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return [];
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
  return [
    setAside(layout, layout.queues[0] ?? '', { directory: layout.bell, file: bell }, STRANGE_BELL) ?? bell,
  ];
}

/**
 * Bells: empty files that say "there is work", in the one directory a path unit watches.
 *
 * A producer rings after its entry is accepted. A run lists the bells, drains, and removes exactly those it
 * listed; killed before that, it leaves them, and systemd starts it again. A bell's name is `QUEUE,ID`, so that a
 * run over some queues or a slice removes only the bells of its own work.
 */
import { closeSync, lstatSync, openSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, errorText, TemporaryError } from '../base/errors.ts';
import { isEntryId } from './entry-name.ts';
import { FILE_MODE, type Layout } from './layout.ts';

/**
 * Rings for an entry that is already in new/. Does not throw: a bell that cannot be rung (no inode left) must not
 * make an accepted entry look refused; the sweep makes it good.
 */
export function ringBell(layout: Layout, queue: string, id: string): void {
  try {
    closeSync(openSync(join(layout.bell, `${queue},${id}`), 'w', FILE_MODE));
  } catch {
    // See above.
  }
}

/** The bells of the entries a run covers, and every bell that no queue could answer. */
export function listBells(layout: Layout, covers: (queue: string, id: string) => boolean): string[] {
  return readdirSync(layout.bell).filter((name) => {
    const [queue = '', id = '', ...rest] = name.split(',');
    if (rest.length > 0 || !isEntryId(id) || !layout.queues.includes(queue)) return true;
    return covers(queue, id);
  });
}

/**
 * Removes bells that were listed; one that is gone already is no trouble, and an empty directory among them goes too.
 * What cannot be removed would start runs without end if this run counted as a success, so it does not.
 * @throws after all others are removed: TemporaryError for a directory with something in it, else the system's error
 */
export function silenceBells(layout: Layout, bells: readonly string[]): void {
  const troubles = bells.flatMap((bell) => removeBell(join(layout.bell, bell)));
  if (troubles.length > 0) throw troubles[0];
}

/** Nothing, or the error. */
function removeBell(path: string): unknown[] {
  try {
    unlinkSync(path);
    return [];
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return [];
    // EPERM: what POSIX has for EISDIR, macOS.
    if ((code === 'EISDIR' || code === 'EPERM') && isDirectory(path)) return removeDirectory(path);
    return [error];
  }
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function removeDirectory(path: string): unknown[] {
  try {
    rmdirSync(path);
    return [];
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    const what = `cannot remove ${path}: found a directory (${errorText(error)}), wanted empty files`;
    return [new TemporaryError(`${what}. Move it out of the spool`, { cause: error })];
  }
}

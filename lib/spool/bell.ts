/**
 * Bells: empty files that say "there is work", in the one directory a path unit watches.
 *
 * A producer rings after its entry is accepted. A run lists the bells, drains, and removes exactly those it
 * listed; killed before that, it leaves them, and systemd starts it again. A bell's name is `QUEUE,ID`, so that a
 * run over some queues or a slice removes only the bells of its own work.
 */
import { closeSync, lstatSync, openSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../base/errors.ts';
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

/**
 * The bells of the entries a run covers, and every bell that no queue could answer. Names are latin1, a character per
 * byte: one that is no UTF-8 can be removed like any other.
 */
export function listBells(layout: Layout, covers: (queue: string, id: string) => boolean): string[] {
  return readdirSync(layout.bell, 'latin1').filter((name) => {
    const [queue = '', id = '', ...rest] = name.split(',');
    if (rest.length > 0 || !isEntryId(id) || !layout.queues.includes(queue)) return true;
    return covers(queue, id);
  });
}

/**
 * Removes bells that were listed; one that is gone already is no trouble. Returns the names of those that are
 * directories, which stay, and whoever watches `bell/` will take them for work until a person removes them.
 */
export function silenceBells(layout: Layout, bells: readonly string[]): string[] {
  return bells.filter((bell) => {
    const path = Buffer.concat([Buffer.from(`${layout.bell}/`), Buffer.from(bell, 'latin1')]);
    try {
      unlinkSync(path);
    } catch (error) {
      // POSIX wants EPERM for a directory, Linux says EISDIR.
      if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return true;
      if (errorCode(error) !== 'ENOENT') throw error;
    }
    return false;
  });
}

/**
 * One directory, watched by the system: inotify(7) on Linux, kqueue(2) or what else Node has elsewhere.
 *
 * Promises: a name that comes, goes or is renamed in the directory after the call returned is told, and so is the loss
 * of the watch: the directory removed, renamed, unmounted, or given up by the system.
 * Fails: by the system's error when no watch can be had.
 */
import { statSync, watch } from 'node:fs';
import { basename } from 'node:path';

/** A watch on one directory. */
export type DirectoryWatch = {
  /** False when another directory lies at the path now, or none, or the system gave the watch up. */
  readonly holds: () => boolean;
  /** Closing twice is no error. */
  readonly close: () => void;
};

/** Opens a watch. */
export type WatchDirectory = (path: string, onChange: () => void) => DirectoryWatch;

/** Tells the directory from another one in its place; file numbers are used again, so its birth counts as well. */
function identityOf(path: string): string {
  const stat = statSync(path, { bigint: true });
  if (!stat.isDirectory()) throw new Error(`${path} is no directory`);
  return `${stat.dev} ${stat.ino} ${stat.birthtimeNs}`;
}

/** Watches `path`; `onChange` is called for each change, and when the watch is lost. @throws the system's error */
export const watchDirectory: WatchDirectory = (path, onChange) => {
  const self = basename(path);
  // Before the watch: put in its place in between, another directory shows at the next question and not never.
  const identity = identityOf(path);
  let lost = false;
  const lose = () => {
    lost = true;
    onChange();
  };
  // What waits keeps the process alive by its timer; a watch alone does not.
  const watcher = watch(path, { persistent: false }, (kind, file) => {
    // What happens to the directory itself comes under its own name. A file of that name in it costs a new watch.
    if (kind === 'rename' && (file === null || file === self)) lose();
    else onChange();
  });
  watcher.on('error', lose);
  return {
    holds: () => {
      try {
        return !lost && identityOf(path) === identity;
      } catch {
        return false;
      }
    },
    close: () => watcher.close(),
  };
};

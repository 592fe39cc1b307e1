/**
 * Where things lie in the spool.
 *
 *     FORMAT              version of the layout
 *     bell/               empty files: "there is work"; the only directory a path unit must watch
 *     bell-source         an empty file that bells are links of
 *     QUEUE/STATE/        entries
 *     QUEUE/deferred/MINUTE/   entries by due time
 *     QUEUE/journal/      how far work on an active entry has come
 *     QUEUE/lock          its byte ranges are the hash space; never removed
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { syncDirectoryNow, writeFileDurably } from '../base/durable.ts';
import { ExpectedError, errorCode, errorText, TemporaryError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import { STATES, type State } from './state.ts';

/** Version of the layout and of entries, written to FORMAT. */
const FORMAT = 'qrunner spool 1\n';

/** Group may write and the group is inherited: producers run under several users. */
const DIRECTORY_MODE = 0o2770;

/**
 * Mode of a directory that is being made. The sticky bit tells one whose maker was killed before its name was on the disk
 * and its mode was right; its owner can work in it all the same.
 */
const UNFINISHED_MODE = 0o1700;
const STICKY = 0o1000;

/** Mode of entries, whatever the umask. */
export const FILE_MODE = 0o660;

/** Paths of one spool. */
export type Layout = {
  readonly root: string;
  readonly bell: string;
  readonly bellSource: string;
  readonly queues: readonly string[];
  /** Directory of a state of a queue. @throws when the queue is not one of this spool's */
  readonly directory: (queue: string, state: State) => string;
  readonly journal: (queue: string, id: string) => string;
  readonly lock: (queue: string) => string;
};

/** The paths of a spool; touches no disk. */
export function spoolLayout(root: string, queues: readonly string[]): Layout {
  const known = new Set(queues);
  const queueRoot = (queue: string) => {
    if (!known.has(queue)) {
      throw new ExpectedError(EX.NOUSER, `no queue "${queue}": known are ${queues.join(', ')}`);
    }
    return join(root, queue);
  };
  return {
    root,
    bell: join(root, 'bell'),
    bellSource: join(root, 'bell-source'),
    queues,
    directory: (queue, state) => join(queueRoot(queue), state),
    journal: (queue, id) => join(queueRoot(queue), 'journal', id),
    lock: (queue) => join(queueRoot(queue), 'lock'),
  };
}

/** False for a directory that is not there, or that an interrupted {@link makeDirectories} left. */
function isMade(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && (stat.mode & STICKY) === 0;
}

/**
 * Makes directories of the spool that lie in one directory, whatever the umask; their names are on the disk when it
 * returns. One that is there stays as it is, but for one that an interrupted call left. @throws the system's error
 */
export function makeDirectories(...paths: readonly [string, ...string[]]): void {
  const unfinished = paths.filter((path) => {
    try {
      mkdirSync(path, UNFINISHED_MODE);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      return !isMade(path);
    }
    return true;
  });
  // Before the mode says that they are made: whoever finds them so puts entries into them, and syncs only those.
  if (unfinished.length > 0) syncDirectoryNow(dirname(paths[0]));
  for (const path of unfinished) chmodSync(path, DIRECTORY_MODE);
}

/**
 * Makes what is missing of the spool; what is there is left as it is.
 * @throws TemporaryError when it cannot be made, ExpectedError when it has another version
 */
export function prepareSpool(layout: Layout): void {
  const format = join(layout.root, 'FORMAT');
  try {
    if (!isMade(format)) {
      makeRoot(layout.root);
      if (!isMade(format)) {
        chmodSync(layout.root, DIRECTORY_MODE);
        makeDirectories(layout.bell, ...layout.queues.map((queue) => join(layout.root, queue)));
        for (const queue of layout.queues) prepareQueue(layout, queue);
        writeFileDurably(format, FORMAT, FILE_MODE);
        return;
      }
    }
    const found = readFileSync(format, 'utf8');
    if (found !== FORMAT) {
      throw new ExpectedError(
        EX.CONFIG,
        `the spool ${layout.root} has format ${JSON.stringify(found.trim())}, this program knows ${JSON.stringify(FORMAT.trim())}: use the program that wrote it`,
      );
    }
    // Without it every run would fail, and no bell could wake one. Not isMade: an administrator's sticky bit is his.
    if (!existsSync(layout.bell)) makeDirectories(layout.bell);
    // A queue of the user's own may have come later.
    for (const queue of layout.queues) {
      if (!isMade(join(layout.root, queue, 'journal'))) prepareQueue(layout, queue);
    }
  } catch (error) {
    if (error instanceof ExpectedError) throw error;
    throw new TemporaryError(`cannot prepare the spool ${layout.root}: ${errorText(error)}`, {
      cause: error,
    });
  }
}

/** Makes the spool's own directory and those above it. */
function makeRoot(root: string): void {
  const first = mkdirSync(root, { recursive: true });
  if (first === undefined) return;
  for (let path = root; ; path = dirname(path)) {
    syncDirectoryNow(dirname(path));
    if (path === first) return;
  }
}

function prepareQueue(layout: Layout, queue: string): void {
  makeDirectories(join(layout.root, queue));
  const [first, ...others] = STATES;
  makeDirectories(layout.directory(queue, first), ...others.map((state) => layout.directory(queue, state)));
  // Last: its presence says that the queue is complete.
  makeDirectories(join(layout.root, queue, 'journal'));
}

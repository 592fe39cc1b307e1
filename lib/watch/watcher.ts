/**
 * Waits until something may have changed in some directories, or for a time.
 *
 *     arm ──▶ look at what there is, and work ──▶ wait ──▶ arm ──▶ …
 *
 * Promises: a change after `arm` ends the next `wait`, also when it came before `wait` was called. While every
 * directory is watched nothing runs between two changes. When one cannot be, is lost, or is on a file system that may
 * keep changes to itself, each wait is a short one, which is said once; each `arm` tries again, and says when all are
 * watched. Knows nothing of what lies in the directories.
 * Fails: never; what it cannot watch it looks at more often.
 */
import { formatDuration } from '../base/duration.ts';
import { errorCode, errorText } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { type DirectoryWatch, type WatchDirectory, watchDirectory } from './directory-watch.ts';
import { silentFileSystem } from './file-system.ts';

/** A directory to watch. */
export type WatchedDirectory = {
  readonly path: string;
  /** How long after a change the wait goes on, since more will follow at once; milliseconds. */
  readonly settleMs: number;
};

/** Why a wait has ended: something may have changed, the time is over, or the signal was aborted. */
export type Woken = 'change' | 'time' | 'stop';

/** What waits. One wait at a time. */
export type Watcher = {
  /** Watches these directories, and no others. What changes from here on ends the next wait. */
  readonly arm: (directories: readonly WatchedDirectory[]) => void;
  /** Waits at most `ms` milliseconds; a change counts only when `deafMs` milliseconds are over. */
  readonly wait: (ms: number, signal: AbortSignal, deafMs?: number) => Promise<Woken>;
  /** Ends the wait, or the next one, as a change does, deaf or not. */
  readonly wake: () => void;
  readonly close: () => void;
};

/** What a watcher is made with. */
export type WatcherOptions = {
  readonly log: Log;
  /** The longest wait while a directory is not watched, milliseconds. @default 15 seconds */
  readonly shortMs?: number;
  /** For tests. */
  readonly watchDirectory?: WatchDirectory;
  readonly silentFileSystem?: (path: string) => string | null;
};

/** How often is looked where the system does not tell of changes, milliseconds. */
export const SHORT_SLEEP_MS = 15_000;

/** What setTimeout takes, milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How the limits of inotify(7) are raised. */
const ADVICE: Readonly<Record<string, string>> = {
  EMFILE: 'raise fs.inotify.max_user_instances, see sysctl(8), or the limit of open files',
  ENOSPC: 'raise fs.inotify.max_user_watches, see sysctl(8)',
};

/** Opens a watcher; it watches nothing before `arm`. */
export function openWatcher(options: WatcherOptions): Watcher {
  const { log, shortMs = SHORT_SLEEP_MS } = options;
  const { watchDirectory: open = watchDirectory, silentFileSystem: silent = silentFileSystem } = options;
  const watches = new Map<string, DirectoryWatch>();
  let blind = false;
  /** When what has changed counts, by performance.now(). */
  let changeAt = Number.POSITIVE_INFINITY;
  let isWoken = false;
  /** Makes the wait that is under way think again. */
  let think: (() => void) | null = null;

  const notice = (settleMs: number) => {
    const at = performance.now() + settleMs;
    if (at >= changeAt) return;
    changeAt = at;
    think?.();
  };

  /** Watches the directory if it is not watched. Returns why changes may be missed, or `null`. */
  const cover = ({ path, settleMs }: WatchedDirectory): { reason: string; code: string | null } | null => {
    const there = watches.get(path);
    try {
      if (there?.holds() !== true) {
        there?.close();
        watches.delete(path);
        watches.set(
          path,
          open(path, () => notice(settleMs)),
        );
      }
    } catch (error) {
      return { reason: errorText(error), code: errorCode(error) };
    }
    const name = silent(path);
    // Watched all the same: what this computer changes is often told.
    return name === null
      ? null
      : { reason: `${path} is on ${name}, which may not tell of changes`, code: null };
  };

  const arm: Watcher['arm'] = (directories) => {
    changeAt = Number.POSITIVE_INFINITY;
    isWoken = false;
    const wanted = new Set(directories.map(({ path }) => path));
    for (const [path, watch] of watches) {
      if (wanted.has(path)) continue;
      watch.close();
      watches.delete(path);
    }
    const [first] = directories.flatMap((directory) => cover(directory) ?? []);
    if (first && !blind) {
      const fix = ADVICE[first.code ?? ''];
      log('warning', 'watch-lost', { reason: first.reason, fix, sleep: formatDuration(shortMs) });
    }
    if (!first && blind) log('notice', 'watch-back');
    blind = first !== undefined;
  };

  const wait: Watcher['wait'] = (ms, signal, deafMs = 0) => {
    const start = performance.now();
    const end = start + Math.min(ms, blind ? shortMs : LONGEST_TIMER_MS);
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const finish = (woken: Woken) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', again);
        think = null;
        resolve(woken);
      };
      const again = () => {
        if (signal.aborted) return finish('stop');
        const now = performance.now();
        const changed = Math.max(changeAt, start + deafMs);
        if (isWoken || now >= changed) return finish('change');
        if (now >= end) return finish('time');
        clearTimeout(timer);
        timer = setTimeout(again, Math.ceil(Math.min(end, changed) - now));
      };
      signal.addEventListener('abort', again);
      think = again;
      again();
    });
  };

  return {
    arm,
    wait,
    wake: () => {
      isWoken = true;
      think?.();
    },
    close: () => {
      for (const watch of watches.values()) watch.close();
      watches.clear();
    },
  };
}

/**
 * Durability, spelled once: what a library's "atomic write" leaves out is the sync of the directory.
 *
 * Promises: when a function here returns, what it did survives a power cut on a file system that keeps
 * its word about fsync(2).
 * Fails: throws the system's error unchanged; a half-written temporary file is removed first.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fsync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { errorCode } from './errors.ts';

const fsyncAsync = promisify(fsync);

/**
 * Up to here a sync is called at once: to hand it to a thread and hear of it would take as long again. A slower disk
 * gets its syncs from threads, where they run side by side and the file system can write them together. Milliseconds.
 */
const FAST_SYNC_MS = 2;

/** How many syncs of a slow disk go to threads before one is timed again. */
const PROBE_EVERY = 64;

/** What a sync took of late, milliseconds. */
let recentMs = 0;
let threaded = 0;

/** Resolves when the file's bytes are on the disk. @throws the system's error */
export async function syncFile(fd: number): Promise<void> {
  if (recentMs > FAST_SYNC_MS && ++threaded % PROBE_EVERY !== 0) return fsyncAsync(fd);
  const started = performance.now();
  fsyncSync(fd);
  recentMs += (performance.now() - started - recentMs) / 8;
}

/** Resolves when the directory's names are on the disk. @throws the system's error, except where directories cannot be synced */
export async function syncDirectory(path: string): Promise<void> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await syncFile(fd);
  } catch (error) {
    if (!cannotSyncDirectories(error)) throw error;
  } finally {
    closeSync(fd);
  }
}

/** The same as {@link syncDirectory}, at once. @throws the system's error, except where directories cannot be synced */
export function syncDirectoryNow(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } catch (error) {
    if (!cannotSyncDirectories(error)) throw error;
  } finally {
    closeSync(fd);
  }
}

/** Some network file systems answer EINVAL: they sync names by themselves or not at all. */
function cannotSyncDirectories(error: unknown): boolean {
  return errorCode(error) === 'EINVAL';
}

/** The same as {@link syncDirectory}, for calls that come in numbers. */
export type DirectorySync = (path: string, alone?: boolean) => Promise<void>;

/**
 * One sync for many callers: each waits for a sync that began after its call. It begins when the callers of this turn of
 * the event loop have called, or when the one under way has ended.
 */
export function sharedSync(sync: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const begin = (): Promise<void> => {
    next = null;
    const run = sync().finally(() => {
      if (running === run) running = null;
    });
    running = run;
    return run;
  };
  return () => {
    next ??= (running ?? new Promise<void>((resolve) => setImmediate(resolve))).then(begin, begin);
    return next;
  };
}

/** A {@link sharedSync} for each directory. A caller who is `alone` has nobody to share with, and waits for nobody. */
export function sharedDirectorySync(sync: (path: string) => Promise<void> = syncDirectory): DirectorySync {
  const syncs = new Map<string, () => Promise<void>>();
  return (path, alone = false) => {
    if (alone) return sync(path);
    const shared = syncs.get(path) ?? sharedSync(() => sync(path));
    syncs.set(path, shared);
    return shared();
  };
}

/** Writes all of `bytes`, at `position` or where the descriptor stands; write(2) may take less than it was given. */
export function writeAll(fd: number, bytes: Uint8Array, position: number | null = null): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position === null ? null : position + done);
  }
}

/** Replaces a small file: temporary file beside it, fsync, rename, fsync of the directory. Mode as given, whatever the umask. */
export function writeFileDurably(path: string, bytes: string | Uint8Array, mode: number): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const fd = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, mode);
  try {
    try {
      fchmodSync(fd, mode);
      writeAll(fd, Buffer.from(bytes));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectoryNow(dirname(path));
}

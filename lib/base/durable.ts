/**
 * Durability, spelled once: what a library's "atomic write" leaves out is the sync of the directory.
 *
 * Promises: when a function here returns, what it did survives a power cut on a file system that keeps
 * its word about fsync(2).
 * Fails: throws the system's error unchanged; a half-written temporary file is removed first.
 */
import {
  close,
  closeSync,
  constants,
  fchmodSync,
  fsync,
  fsyncSync,
  open,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { errorCode } from './errors.ts';

const openAsync = promisify(open);
const fsyncAsync = promisify(fsync);
const closeAsync = promisify(close);

/** Resolves when the file's bytes are on the disk. */
export const syncFile: (fd: number) => Promise<void> = fsyncAsync;

/** Resolves when the directory's names are on the disk. @throws the system's error, except where directories cannot be synced */
export async function syncDirectory(path: string): Promise<void> {
  const fd = await openAsync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await fsyncAsync(fd);
  } catch (error) {
    if (!cannotSyncDirectories(error)) throw error;
  } finally {
    await closeAsync(fd);
  }
}

/** Some network file systems answer EINVAL: they sync names by themselves or not at all. */
function cannotSyncDirectories(error: unknown): boolean {
  return errorCode(error) === 'EINVAL';
}

/** The same as {@link syncDirectory}, for calls that come in numbers. */
export type DirectorySync = (path: string) => Promise<void>;

/**
 * One sync for many callers: each waits for a sync that began after its call, and all who call while one is
 * under way share the next.
 */
export function sharedSync(sync: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let waiting: Promise<void> | null = null;
  const start = (): Promise<void> => {
    waiting = null;
    const run = sync().finally(() => {
      if (running === run) running = null;
    });
    running = run;
    return run;
  };
  return () => {
    if (!running) return start();
    waiting ??= running.then(start, start);
    return waiting;
  };
}

/** A {@link sharedSync} for each directory. */
export function sharedDirectorySync(sync: DirectorySync = syncDirectory): DirectorySync {
  const syncs = new Map<string, () => Promise<void>>();
  return (path) => {
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
  const directory = openSync(dirname(path), constants.O_RDONLY);
  try {
    fsyncSync(directory);
  } catch (error) {
    if (!cannotSyncDirectories(error)) throw error;
  } finally {
    closeSync(directory);
  }
}

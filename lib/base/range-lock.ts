/**
 * A lock on a range of bytes of a file, by fcntl(2) with open file description locks.
 *
 * Promises: two ranges that overlap exclude each other, between processes and inside one; the kernel drops the
 * lock when its holder dies, however it dies. The file's contents do not matter.
 * Fails: a system without this kind of lock gets a clear error, never a guess.
 */
import { closeSync, constants, fchmodSync, openSync } from 'node:fs';
import { ExpectedError, errorCode, errorText, TemporaryError } from './errors.ts';
import { EX } from './sysexits.ts';

/** Bytes from `start` on, `length` of them. */
export type ByteRange = { readonly start: number; readonly length: number };

/** A held lock. */
export type RangeLock = {
  /** Gives the range back. May be called once. */
  readonly release: () => void;
};

type Native = typeof import('fs-native-extensions');
let native: Promise<Native> | null = null;

async function load(): Promise<Native> {
  native ??= import('fs-native-extensions');
  try {
    return await native;
  } catch (error) {
    throw new ExpectedError(
      EX.SOFTWARE,
      `cannot load the lock library for ${process.platform}-${process.arch}: ${errorText(error)}. ` +
        'It has builds for glibc Linux, macOS and Windows; run qrunner on one of these',
      { cause: error },
    );
  }
}

/** Mode of a new lock file, whatever the umask: runs of several users share it. */
const LOCK_MODE = 0o660;

function openLockFile(path: string): number {
  try {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, LOCK_MODE);
    fchmodSync(fd, LOCK_MODE);
    return fd;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    return openSync(path, constants.O_RDWR);
  }
}

/**
 * Tries once to lock `range` of the file, which is created (mode 0660) when it is missing.
 * `null` when somebody holds part of it.
 * @throws TemporaryError when the file system does not do locks, or the file cannot be opened
 */
export async function tryRangeLock(path: string, range: ByteRange): Promise<RangeLock | null> {
  const { tryLock } = await load();
  let fd: number;
  try {
    fd = openLockFile(path);
  } catch (error) {
    throw new TemporaryError(`cannot open the lock file ${path}: ${errorText(error)}`, { cause: error });
  }
  try {
    if (tryLock(fd, range.start, range.length)) return { release: () => closeSync(fd) };
  } catch (error) {
    closeSync(fd);
    if (errorCode(error) === 'EAGAIN' || errorCode(error) === 'EACCES') return null;
    throw new TemporaryError(`cannot lock ${path}: ${errorText(error)}. Is it on a file system with locks?`, {
      cause: error,
    });
  }
  closeSync(fd);
  return null;
}

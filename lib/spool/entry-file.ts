/**
 * An entry on disk: one file, complete by its own account.
 *
 *     qrunner-entry 1 00000137 000000004211\n     version, bytes of metadata, bytes of message
 *     {"list":"friends@example.org",…}\n          metadata
 *     …                                           the message, untouched
 *
 * Promises: a file that is shorter or longer than its first line says is not an entry. Reading decides with
 * one bounded read; the message is read only on request.
 */
import { closeSync, constants, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { errorCode, errorText } from '../base/errors.ts';
import type { EntryMeta } from './entry.ts';
import { decodeMeta, META_LIMIT } from './entry-meta.ts';

const MAGIC = 'qrunner-entry 1';
const FIRST_LINE = /^qrunner-entry 1 (\d{8}) (\d{12})\n$/;
/** Bytes of the first line; fixed, so that it can be written when the length of the message is known. */
export const FIRST_LINE_LENGTH = MAGIC.length + 1 + 8 + 1 + 12 + 1;

const NO_PERMISSION = 'no permission to read it: give it to the user that runs qrunner (chown)';

/** What open(2) says of a file that is no entry of ours. */
const NOT_OPENED: Readonly<Record<string, string>> = {
  ELOOP: 'it is a symbolic link',
  ENXIO: 'it is a socket',
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
};

/** One read gets the metadata of all but very large rosters. */
const FIRST_READ = 16 * 1024;

/** The first line of an entry. @throws RangeError when a length does not fit its field */
export function firstLine(metaLength: number, messageLength: number): Buffer {
  if (metaLength > META_LIMIT || messageLength > 999_999_999_999) {
    throw new RangeError(
      `entry too large: ${metaLength} bytes of metadata, ${messageLength} bytes of message`,
    );
  }
  return Buffer.from(
    `${MAGIC} ${String(metaLength).padStart(8, '0')} ${String(messageLength).padStart(12, '0')}\n`,
  );
}

/** An entry that was read: its metadata, and where its message lies. */
export type EntryFile = {
  readonly path: string;
  readonly meta: EntryMeta;
  /** Offset of the message in the file, bytes. */
  readonly messageAt: number;
  /** Length of the message, bytes. */
  readonly messageLength: number;
  /** The first bytes of the message that the look at the entry brought along: all of a small one. */
  readonly beginning: Buffer;
};

/**
 * Reads and checks an entry. A string says why it is not one.
 * @throws the system's error when the file is gone (ENOENT) or cannot be opened for reasons of its own (EMFILE and the like)
 */
export function readEntryFile(path: string): EntryFile | string {
  let fd: number;
  try {
    // O_NONBLOCK: a FIFO in the spool must not stop us; O_NOFOLLOW: neither must a link lead out of it.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const why = NOT_OPENED[errorCode(error) ?? ''];
    if (why !== undefined) return why;
    throw error;
  }
  try {
    return readOpenFile(path, fd);
  } catch (error) {
    // One bad sector must not keep every other entry from its turn.
    if (errorCode(error) === 'EIO') return `the disk cannot read it: ${errorText(error)}`;
    throw error;
  } finally {
    closeSync(fd);
  }
}

function readOpenFile(path: string, fd: number): EntryFile | string {
  const stat = fstatSync(fd);
  if (!stat.isFile()) return stat.isDirectory() ? 'it is a directory' : 'it is not a regular file';
  if (stat.size === 0) return 'it is empty';
  let block = Buffer.alloc(Math.min(FIRST_READ, stat.size));
  block = block.subarray(0, readSync(fd, block, 0, block.length, 0));
  const match = FIRST_LINE.exec(block.toString('latin1', 0, FIRST_LINE_LENGTH));
  if (!match) return 'its first line is not that of an entry';
  const metaLength = Number(match[1]);
  const messageLength = Number(match[2]);
  const messageAt = FIRST_LINE_LENGTH + metaLength;
  if (metaLength > META_LIMIT) return `its metadata is over ${META_LIMIT} bytes`;
  if (stat.size !== messageAt + messageLength) {
    return `it has ${stat.size} bytes and says ${messageAt + messageLength}`;
  }
  if (block.length < messageAt) {
    block = Buffer.alloc(messageAt);
    if (readSync(fd, block, 0, messageAt, 0) !== messageAt) return 'it is shorter than it was a moment ago';
  }
  const meta = decodeMeta(block.subarray(FIRST_LINE_LENGTH, messageAt));
  if (typeof meta === 'string') return meta;
  return { path, meta, messageAt, messageLength, beginning: block.subarray(messageAt) };
}

/** The message from byte `from` on. */
export function streamMessage(file: EntryFile, from = 0): Readable {
  const { beginning, messageLength } = file;
  if (beginning.length === messageLength)
    return Readable.from([beginning.subarray(from)], { objectMode: false });
  return createReadStream(file.path, { start: file.messageAt + from, highWaterMark: 256 * 1024 });
}

/** Bytes `from` to `from + length` of the message, or fewer at its end. */
export async function readMessage(file: EntryFile, from: number, length: number): Promise<Buffer> {
  const { beginning, messageLength } = file;
  if (Math.min(from + length, messageLength) <= beginning.length) {
    // A copy: what a runner does with it is its own affair.
    return Buffer.from(beginning.subarray(from, from + length));
  }
  const handle = await open(file.path, 'r');
  try {
    const wanted = Math.max(0, Math.min(length, file.messageLength - from));
    const block = Buffer.alloc(wanted);
    let done = 0;
    while (done < wanted) {
      const { bytesRead } = await handle.read(block, done, wanted - done, file.messageAt + from + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return block.subarray(0, done);
  } finally {
    await handle.close();
  }
}

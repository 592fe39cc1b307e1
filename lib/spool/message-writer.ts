/**
 * Writes an entry file into tmp/: metadata, then the message as it comes, and the first line last, when the
 * lengths are known.
 *
 * Promises: when it resolves, the file's bytes are on the disk and its mode is right whatever the umask. Nothing is
 * promised about its name yet.
 * Fails: removes the file and throws the system's error.
 */
import { closeSync, constants, fchmodSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { syncFile, writeAll } from '../base/durable.ts';
import { errorCode } from '../base/errors.ts';
import type { EntryMeta } from './entry.ts';
import { FIRST_LINE_LENGTH, firstLine } from './entry-file.ts';
import { encodeMeta } from './entry-meta.ts';
import { FILE_MODE } from './layout.ts';

/** The bytes of a message, in one piece or in many. */
export type MessageBytes = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Writes the file, which must not exist unless it is to be replaced. Returns the length of the message, bytes. */
export async function writeEntryFile(
  path: string,
  meta: EntryMeta,
  message: MessageBytes,
  existing: 'refuse' | 'replace' = 'refuse',
): Promise<number> {
  const fd = openNew(path, existing === 'replace');
  try {
    try {
      return await fill(fd, meta, message);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    unlinkSync(path);
    throw error;
  }
}

function openNew(path: string, replace: boolean): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, FILE_MODE);
  } catch (error) {
    if (!replace || errorCode(error) !== 'EEXIST') throw error;
    unlinkSync(path);
    return openNew(path, false);
  }
}

async function fill(fd: number, meta: EntryMeta, message: MessageBytes): Promise<number> {
  fchmodSync(fd, FILE_MODE);
  const metaBytes = encodeMeta(meta);
  writeAll(fd, Buffer.concat([Buffer.alloc(FIRST_LINE_LENGTH, ' '), metaBytes]));
  let length = 0;
  for await (const chunk of message) {
    writeAll(fd, chunk);
    length += chunk.length;
  }
  const line = firstLine(metaBytes.length, length);
  if (writeSync(fd, line, 0, line.length, 0) !== line.length)
    throw new Error('short write of the first line');
  await syncFile(fd);
  return length;
}

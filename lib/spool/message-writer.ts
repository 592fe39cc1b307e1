/**
 * Writes an entry file into tmp/: the first line, metadata, the message. Of a large message the first line comes last,
 * when its length is known.
 *
 * Promises: when it resolves, the file's bytes are on the disk and its mode is right whatever the umask. Nothing is
 * promised about its name yet.
 * Fails: removes the file and throws the system's error.
 */
import { closeSync, constants, fchmodSync, openSync, unlinkSync } from 'node:fs';
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

/** A message up to this size is written by one call; what is larger is streamed behind room for the first line. Bytes. */
const SMALL = 64 * 1024;

async function fill(fd: number, meta: EntryMeta, message: MessageBytes): Promise<number> {
  fchmodSync(fd, FILE_MODE);
  const metaBytes = encodeMeta(meta);
  const beginning: Uint8Array[] = [];
  const writeBeginning = (line: Uint8Array) => writeAll(fd, Buffer.concat([line, metaBytes, ...beginning]));
  let length = 0;
  let streamed = false;
  for await (const chunk of message) {
    length += chunk.length;
    if (streamed) {
      writeAll(fd, chunk);
      continue;
    }
    beginning.push(chunk);
    if (length <= SMALL) continue;
    writeBeginning(Buffer.alloc(FIRST_LINE_LENGTH, ' '));
    streamed = true;
  }
  const line = firstLine(metaBytes.length, length);
  if (streamed) writeAll(fd, line, 0);
  else writeBeginning(line);
  await syncFile(fd);
  return length;
}

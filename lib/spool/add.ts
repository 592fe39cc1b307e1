/**
 * Accepting an entry from outside.
 *
 * Promises: when `addEntry` resolves, the entry is durable in new/ and its bell has been rung. When it throws,
 * nothing of it is left. No lock is taken.
 * Fails: TemporaryError for whatever the system says (disk full, no permission, read-only).
 */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, errorText, isSystemError, TemporaryError } from '../base/errors.ts';
import { ringBell } from './bell.ts';
import type { EntryMeta } from './entry.ts';
import { type MessageBytes, writeEntryFile } from './message-writer.ts';
import { removed } from './move.ts';
import { checkOneFileSystem, otherFileSystem } from './one-file-system.ts';
import type { Spool } from './spool.ts';

/** What was accepted. */
export type Added = { readonly id: string; readonly size: number };

/** Adds of this process: a burst of them shares the syncs of the directory, one alone waits for nobody. */
let underWay = 0;

/** Accepts a message into a queue's new/. What `message` throws passes through unchanged, unless it is the system's. */
export async function addEntry(
  spool: Spool,
  queue: string,
  meta: EntryMeta,
  message: MessageBytes,
): Promise<Added> {
  underWay++;
  try {
    return await add(spool, queue, meta, message);
  } finally {
    underWay--;
  }
}

async function add(spool: Spool, queue: string, meta: EntryMeta, message: MessageBytes): Promise<Added> {
  const id = spool.freshId();
  const directory = spool.layout.directory(queue, 'new');
  const temporary = join(spool.layout.directory(queue, 'tmp'), id);
  const accepted = join(directory, id);
  let size: number;
  try {
    checkOneFileSystem(spool.layout, queue);
    size = await writeEntryFile(temporary, meta, message);
    try {
      renameSync(temporary, accepted);
      await spool.syncDirectory(directory, underWay === 1);
    } catch (error) {
      removed(temporary);
      removed(accepted);
      throw error;
    }
  } catch (error) {
    if (errorCode(error) === 'EXDEV') throw otherFileSystem(temporary, accepted, error);
    if (!isSystemError(error)) throw error;
    throw new TemporaryError(`cannot accept the message into ${directory}: ${errorText(error)}`, {
      cause: error,
    });
  }
  ringBell(spool.layout, queue, id);
  return { id, size };
}

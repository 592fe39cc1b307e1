/**
 * Accepting an entry from outside.
 *
 * Promises: when `addEntry` resolves, the entry is durable in new/ and its bell has been rung. When it throws,
 * nothing of it is left. No lock is taken.
 * Fails: TemporaryError for whatever the system says (disk full, no permission, read-only).
 */
import { renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, errorText, ExpectedError, TemporaryError } from '../base/errors.ts';
import { ringBell } from './bell.ts';
import type { EntryMeta } from './entry.ts';
import { type MessageBytes, writeEntryFile } from './message-writer.ts';
import type { Spool } from './spool.ts';

/** What was accepted. */
export type Added = { readonly id: string; readonly size: number };

/** Accepts a message into a queue's new/. Errors thrown by `message` itself pass through unchanged. */
export async function addEntry(spool: Spool, queue: string, meta: EntryMeta, message: MessageBytes): Promise<Added> {
  const id = spool.freshId();
  const directory = spool.layout.directory(queue, 'new');
  const temporary = join(spool.layout.directory(queue, 'tmp'), id);
  let size: number;
  try {
    size = await writeEntryFile(temporary, meta, message);
    try {
      renameSync(temporary, join(directory, id));
    } catch (error) {
      unlinkSync(temporary);
      throw error;
    }
    await spool.syncDirectory(directory);
  } catch (error) {
    if (error instanceof ExpectedError || errorCode(error) === null) throw error;
    throw new TemporaryError(`cannot accept the message into ${directory}: ${errorText(error)}`, { cause: error });
  }
  try {
    ringBell(spool.layout, queue, id);
  } catch {
    // The entry is safe; a bell that cannot be rung (no inode left) is made good by the sweep.
  }
  return { id, size };
}

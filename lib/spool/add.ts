/**
 * Accepting an entry from outside.
 *
 * Promises: when `addEntry` resolves, the entry is durable in new/ and its bell has been rung. When it throws,
 * nothing of it is left. No lock is taken. Who must look at the whole message before he takes it stages the entry
 * first: it then waits in tmp/, on the disk but nobody's, until it is accepted or dropped.
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

/** A whole entry in tmp/. */
export type Staged = Added & { readonly queue: string; readonly path: string };

/** Adds of this process: a burst of them shares the syncs of the directory, one alone waits for nobody. */
let underWay = 0;

async function counted<T>(work: () => Promise<T>): Promise<T> {
  underWay++;
  try {
    return await work();
  } finally {
    underWay--;
  }
}

/** Accepts a message into a queue's new/. What `message` throws passes through unchanged, unless it is the system's. */
export async function addEntry(
  spool: Spool,
  queue: string,
  meta: EntryMeta,
  message: MessageBytes,
): Promise<Added> {
  return counted(async () => accept(spool, await stage(spool, queue, meta, message)));
}

/** Writes an entry into a queue's tmp/. What `message` throws passes through unchanged, unless it is the system's. */
export async function stageEntry(
  spool: Spool,
  queue: string,
  meta: EntryMeta,
  message: MessageBytes,
): Promise<Staged> {
  return counted(() => stage(spool, queue, meta, message));
}

/** Moves a staged entry into new/ and rings. */
export async function acceptStaged(spool: Spool, staged: Staged): Promise<Added> {
  return counted(() => accept(spool, staged));
}

/** Removes a staged entry that is not wanted; what cannot be removed is left to recovery. */
export function dropStaged({ path }: Staged): void {
  try {
    removed(path);
  } catch {
    // A file in tmp/ is nobody's, and goes after 36 hours.
  }
}

async function stage(spool: Spool, queue: string, meta: EntryMeta, message: MessageBytes): Promise<Staged> {
  const id = spool.freshId();
  const path = join(spool.layout.directory(queue, 'tmp'), id);
  try {
    checkOneFileSystem(spool.layout, queue);
    return { id, queue, path, size: await writeEntryFile(path, meta, message) };
  } catch (error) {
    throw refused(spool, queue, error);
  }
}

async function accept(spool: Spool, { id, queue, path, size }: Staged): Promise<Added> {
  const directory = spool.layout.directory(queue, 'new');
  const accepted = join(directory, id);
  try {
    renameSync(path, accepted);
    await spool.syncDirectory(directory, underWay === 1);
  } catch (error) {
    removed(path);
    removed(accepted);
    if (errorCode(error) === 'EXDEV') throw otherFileSystem(path, accepted, error);
    throw refused(spool, queue, error);
  }
  ringBell(spool.layout, queue, id);
  return { id, size };
}

/** What the caller is told: the system's own error is trouble that may pass, all others stay what they are. */
function refused(spool: Spool, queue: string, error: unknown): unknown {
  if (!isSystemError(error)) return error;
  const directory = spool.layout.directory(queue, 'new');
  return new TemporaryError(`cannot accept the message into ${directory}: ${errorText(error)}`, {
    cause: error,
  });
}

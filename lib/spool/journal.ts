/**
 * A file of lines beside an active entry: how far work with the outside world has come.
 *
 * Promises: a line whose append has resolved is durable; a run that follows a killed one reads every such line.
 * Appends that come together share one sync. The last line may be torn by a crash and is then left out.
 */
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFile, writeAll } from '../base/durable.ts';
import { errorCode } from '../base/errors.ts';
import { FILE_MODE } from './layout.ts';
import type { Spool } from './spool.ts';

/** An open journal of one entry. */
export type EntryJournal = {
  readonly records: () => readonly unknown[];
  readonly append: (record: unknown) => Promise<void>;
  /** Closes the file; it is removed with its entry. */
  readonly close: () => void;
};

function parseLines(text: string): unknown[] {
  const records: unknown[] = [];
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    if (line === '') continue;
    try {
      records.push(JSON.parse(line));
    } catch {
      // Torn by a power cut: it was never promised.
    }
  }
  return records;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}

/** Opens the journal of an entry; no file is made before the first append. @throws the system's error */
export function openJournal(spool: Spool, queue: string, id: string): EntryJournal {
  const path = spool.layout.journal(queue, id);
  const text = readText(path);
  const records = parseLines(text);
  let fd: number | null = null;
  let syncing: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  const sync = (file: number): Promise<void> => {
    next = null;
    const run = syncFile(file).finally(() => {
      if (syncing === run) syncing = null;
    });
    syncing = run;
    return run;
  };

  return {
    records: () => records,
    append: async (record) => {
      const first = fd === null;
      fd ??= openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, FILE_MODE);
      const file = fd;
      // A torn last line must not swallow the next one.
      const torn = first && text !== '' && !text.endsWith('\n');
      writeAll(file, Buffer.from(`${torn ? '\n' : ''}${JSON.stringify(record)}\n`));
      records.push(record);
      if (first) await spool.syncDirectory(dirname(path));
      if (syncing) {
        next ??= syncing.then(
          () => sync(file),
          () => sync(file),
        );
        await next;
      } else {
        await sync(file);
      }
    },
    close: () => {
      if (fd !== null) closeSync(fd);
      fd = null;
    },
  };
}

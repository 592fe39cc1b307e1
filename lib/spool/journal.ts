/**
 * A file of lines beside an active entry: how far work with the outside world has come.
 *
 * Promises: a line whose append has resolved is durable; a run that follows a killed one reads every such line.
 * Appends that come together share one sync. The last line may be torn by a crash and is then left out.
 */
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sharedSync, syncFile, writeAll } from '../base/durable.ts';
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
  /** The last line has no end: the next one must not run into it. */
  let torn = text !== '' && !text.endsWith('\n');
  let named: Promise<void> | null = null;
  const sync = sharedSync(async () => {
    if (fd !== null) await syncFile(fd);
  });

  return {
    records: () => records,
    append: async (record) => {
      fd ??= openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, FILE_MODE);
      const line = Buffer.from(`${torn ? '\n' : ''}${JSON.stringify(record)}\n`);
      torn = true;
      writeAll(fd, line);
      torn = false;
      records.push(record);
      named ??= spool.syncDirectory(dirname(path));
      await named;
      await sync();
    },
    close: () => {
      if (fd !== null) closeSync(fd);
      fd = null;
    },
  };
}

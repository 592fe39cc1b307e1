/**
 * A file of lines beside an active entry: how far work with the outside world has come.
 *
 * Promises: a line whose append has resolved is durable; a run that follows a killed one reads every such line.
 * Appends that come together share one sync. The last line may be torn by a crash and is then left out.
 * Room can be taken before it is needed: empty lines, which records are then written over.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { sharedSync, syncFile, writeAll } from '../base/durable.ts';
import { errorText, isSystemError, TemporaryError } from '../base/errors.ts';
import { FILE_MODE } from './layout.ts';
import type { Spool } from './spool.ts';

/** A run that died while it had the entry. Times in milliseconds since the epoch. */
export type Crash = { readonly claimedAt: number; readonly foundAt: number };

/** A crash, and whether its run had brought the work further: it noted what had not been noted before. */
export type NotedCrash = Crash & { readonly cameFurther: boolean };

/** An open journal of one entry. */
export type EntryJournal = {
  /** What runners wrote, in order. */
  readonly records: () => readonly unknown[];
  /** What recovery noted, in order. */
  readonly crashes: () => readonly NotedCrash[];
  readonly append: (record: unknown) => Promise<void>;
  /** Takes room for records of so many bytes, so that a full disk shows before there is something to record. */
  readonly reserve: (bytes: number) => void;
  /** Closes the file; it is removed with its entry. */
  readonly close: () => void;
};

/** Room that is taken beyond what was asked for, bytes, so that not every call has to write. */
const RESERVE_AHEAD = 8 * 1024;

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

function crashOf(record: unknown): Crash | null {
  if (typeof record !== 'object' || record === null || !('crash' in record)) return null;
  const { crash } = record;
  if (typeof crash !== 'object' || crash === null || !('claimedAt' in crash && 'foundAt' in crash))
    return null;
  const { claimedAt, foundAt } = crash;
  return typeof claimedAt === 'number' && typeof foundAt === 'number' ? { claimedAt, foundAt } : null;
}

/** The crashes among the records; the same note again is no news. */
function crashesIn(records: readonly unknown[]): NotedCrash[] {
  const crashes: NotedCrash[] = [];
  const notes = new Set<string>();
  let cameFurther = false;
  for (const record of records) {
    const crash = crashOf(record);
    if (crash !== null) {
      crashes.push({ ...crash, cameFurther });
      cameFurther = false;
      continue;
    }
    const note = JSON.stringify(record);
    if (!notes.has(note)) cameFurther = true;
    notes.add(note);
  }
  return crashes;
}

function readText(path: string): string {
  // Mostly there is none, and an error thrown and caught would be the dearest part of it.
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return '';
  // Reading a pipe would wait for ever; and what is no file was not written by us.
  if (!stat.isFile())
    throw new TemporaryError(`the journal ${path} is not a file: see what it is and remove it`);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new TemporaryError(`cannot read the journal ${path}: ${errorText(error)}`, { cause: error });
  }
}

/**
 * Opens the journal of an entry; the first append or reserve makes its file.
 * @throws TemporaryError when what lies there cannot be read
 */
export function openJournal(spool: Spool, queue: string, id: string): EntryJournal {
  const path = spool.layout.journal(queue, id);
  const text = readText(path);
  const records = parseLines(text);
  let fd: number | null = null;
  const open = () => {
    fd ??= openSync(path, constants.O_WRONLY | constants.O_CREAT, FILE_MODE);
    return fd;
  };
  /** Where the last line ends, torn or not; behind it there are only line ends. */
  let end = Buffer.byteLength(text.replace(/\n+$/, ''));
  /** Bytes of the file, once they are known. */
  let size: number | null = null;
  let named: Promise<void> | null = null;
  const sync = sharedSync(async () => {
    if (fd !== null) await syncFile(fd);
  });

  return {
    records: () => records.filter((record) => crashOf(record) === null),
    crashes: () => crashesIn(records),
    append: async (record) => {
      const line = Buffer.from(`${end > 0 ? '\n' : ''}${JSON.stringify(record)}\n`);
      writeAll(open(), line, end);
      end += line.length - 1;
      if (size !== null) size = Math.max(size, end + 1);
      records.push(record);
      named ??= spool.syncDirectory(dirname(path));
      await named;
      await sync();
    },
    reserve: (bytes) => {
      size ??= fstatSync(open()).size;
      const wanted = end + bytes;
      if (size >= wanted) return;
      for (const ahead of [RESERVE_AHEAD, 0]) {
        const room = Buffer.alloc(wanted - size + ahead, '\n');
        try {
          writeAll(open(), room, size);
          size += room.length;
          return;
        } catch (error) {
          // On a nearly full disk what was asked for may still fit.
          if (ahead === 0 || !isSystemError(error)) throw error;
        }
      }
    },
    close: () => {
      if (fd !== null) closeSync(fd);
      fd = null;
    },
  };
}

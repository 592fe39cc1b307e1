/**
 * What the state needs of an SQLite, and what SQLite's failures mean here.
 *
 *     passes (locked, disk full, not writable now, I/O error) ──▶ TemporaryError, exit status 75
 *     damaged (not a database, corrupt)                       ──▶ ExpectedError, exit status 70
 *     anything else (a constraint, bad SQL)                   ──▶ as SQLite threw it: a bug of ours
 *
 * Promises: a driver throws nothing of SQLite's but by {@link guarded}; a damaged file is never repaired or
 * removed.
 */
import { ExpectedError, errorText, TemporaryError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { SqlValue } from './row.ts';

/** An open database file. Statements are prepared once and kept, so SQL must be constant text. */
export type Driver = {
  /** Every row; nothing is left open behind it, so that no reader holds back the others. */
  readonly all: (sql: string, params: readonly SqlValue[]) => readonly unknown[];
  /** The number of rows changed. */
  readonly run: (sql: string, params: readonly SqlValue[]) => number;
  /** Closing twice is no error. */
  readonly close: () => void;
};

/** Another process held the database longer than we wait. */
export class DatabaseBusyError extends TemporaryError {}

/** Primary result codes (sqlite.org/rescode.html) of trouble that may pass. */
const TEMPORARY: ReadonlyMap<number, string> = new Map([
  [3, 'SQLITE_PERM'],
  [5, 'SQLITE_BUSY'],
  [6, 'SQLITE_LOCKED'],
  [7, 'SQLITE_NOMEM'],
  [8, 'SQLITE_READONLY'],
  [10, 'SQLITE_IOERR'],
  [13, 'SQLITE_FULL'],
  [14, 'SQLITE_CANTOPEN'],
  [15, 'SQLITE_PROTOCOL'],
]);

/** Primary result codes of a file that is not, or no longer, a database. */
const DAMAGED: ReadonlyMap<number, string> = new Map([
  [11, 'SQLITE_CORRUPT'],
  [26, 'SQLITE_NOTADB'],
]);

/** What to throw for `error` of SQLite, by its result code (primary or extended; `null`: it has none). */
export function databaseError(file: string, resultCode: number | null, error: unknown): unknown {
  if (resultCode === null) return error;
  const primary = resultCode & 0xff;
  const temporary = TEMPORARY.get(primary);
  if (temporary !== undefined) {
    const Kind = primary === 5 || primary === 6 ? DatabaseBusyError : TemporaryError;
    return new Kind(`cannot use the state database ${file}: ${errorText(error)} (${temporary})`, {
      cause: error,
    });
  }
  const damaged = DAMAGED.get(primary);
  if (damaged === undefined) return error;
  return new ExpectedError(
    EX.SOFTWARE,
    `the state database ${file} is damaged and was left alone: ${errorText(error)} (${damaged})`,
    { cause: error },
  );
}

/**
 * What `work` returns; its failure by {@link databaseError}.
 *
 * @throws TemporaryError, ExpectedError, or what `work` threw
 */
export function guarded<T>(file: string, resultCodeOf: (error: unknown) => number | null, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw databaseError(file, resultCodeOf(error), error);
  }
}

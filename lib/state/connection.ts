/**
 * A driver with transactions and checked rows.
 *
 *     transaction ──▶ BEGIN IMMEDIATE ── work ──▶ COMMIT
 *                                          └─ throws ──▶ ROLLBACK, thrown on
 *     inside another ──▶ SAVEPOINT ── work ──▶ RELEASE (made durable, or not, with the outer one)
 *                                      └─ throws ──▶ ROLLBACK TO, thrown on
 *
 * Promises: what a transaction wrote is there as a whole or not at all. SQLite may end a transaction by
 * itself when the disk fails; nothing is written after that, whoever caught the error.
 */
import { ExpectedError } from '../base/errors.ts';
import type { Driver } from './driver.ts';
import { checkRow, type Row, type SqlValue } from './row.ts';

/**
 * An open state database. All calls are synchronous and wait up to 30 seconds for another process.
 * Each may throw TemporaryError (locked, full, not writable) or ExpectedError (damaged file).
 */
export type Database = {
  /** Carries out a statement. `changes`: the number of rows it changed. */
  readonly run: (sql: string, ...params: SqlValue[]) => { changes: number };
  /** The first row, or `null`. */
  readonly get: (sql: string, ...params: SqlValue[]) => Row | null;
  /** Every row. */
  readonly all: (sql: string, ...params: SqlValue[]) => Row[];
  /** What `work` returns, its changes made together; durable when the outermost transaction returns. */
  readonly transaction: <T>(work: () => T) => T;
  /** Closing twice is no error. */
  readonly close: () => void;
};

/** The database behind a driver. */
export function connect(driver: Driver): Database {
  let depth = 0;
  /** The failure that ended the transaction we are in, when SQLite may have ended it by itself. */
  let broken: ExpectedError | null = null;

  const guard = <T>(work: () => T): T => {
    if (broken !== null) throw broken;
    try {
      return work();
    } catch (error) {
      if (depth > 0 && error instanceof ExpectedError) broken = error;
      throw error;
    }
  };
  const run = (sql: string, ...params: SqlValue[]) => ({ changes: guard(() => driver.run(sql, params)) });
  const all = (sql: string, ...params: SqlValue[]) => guard(() => driver.all(sql, params)).map(checkRow);

  /** `work` between two statements, undone by a list of them. The first error is the one that counts. */
  const bracket = <T>(begin: string, end: string, undo: readonly string[], work: () => T): T => {
    run(begin);
    depth += 1;
    try {
      const result = work();
      if (result instanceof Promise) throw new TypeError('the work of a transaction must be synchronous');
      run(end);
      return result;
    } catch (error) {
      try {
        for (const sql of undo) driver.run(sql, []);
      } catch {
        // SQLite has already rolled back.
      }
      throw error;
    } finally {
      depth -= 1;
      if (depth === 0) broken = null;
    }
  };

  return {
    run,
    all,
    get: (sql, ...params) => all(sql, ...params)[0] ?? null,
    transaction: (work) =>
      depth === 0
        ? bracket('BEGIN IMMEDIATE', 'COMMIT', ['ROLLBACK'], work)
        : bracket('SAVEPOINT inner', 'RELEASE inner', ['ROLLBACK TO inner', 'RELEASE inner'], work),
    close: () => driver.close(),
  };
}

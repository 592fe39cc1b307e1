/**
 * The SQLite of the package libsql, for a Node that has none (20).
 *
 * Promises: the package and its native part are loaded only when a database is opened.
 * Fails: as driver.ts says; on a platform the package has no binary for, with a clear refusal.
 * Caveat: libsql closes the file when its statements are collected, in a short process at exit. The
 * write-ahead log then stays beside the file; the next process reads it in, and SQLite bounds it (about 4
 * MB).
 */
import { ExpectedError, errorText } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import { type Driver, guarded } from './driver.ts';
import type { SqlValue } from './row.ts';

/**
 * The part of libsql that is used. Parameters go as one array: a lone `null` would be read as "no
 * parameters".
 */
type LibsqlStatement = {
  readonly all: (params: readonly SqlValue[]) => readonly unknown[];
  readonly run: (params: readonly SqlValue[]) => { readonly changes: number };
};

/**
 * Opens `file` with libsql.
 *
 * @throws TemporaryError, ExpectedError as driver.ts says; ExpectedError (78) when there is no SQLite for
 * this platform
 */
export async function openLibsqlDriver(file: string): Promise<Driver> {
  const Database = await loadLibsql();
  const database = guarded(file, resultCodeOf, () => new Database(file));
  const statements = new Map<string, LibsqlStatement>();
  let open = true;

  const prepare = (sql: string): LibsqlStatement => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      // A kept statement of a closed database would still answer.
      if (!open) throw new Error(`the state database ${file} is closed`);
      statement = database.prepare<[readonly SqlValue[]]>(sql);
      statements.set(sql, statement);
    }
    return statement;
  };

  return {
    all: (sql, params) => guarded(file, resultCodeOf, () => prepare(sql).all(params)),
    run: (sql, params) => guarded(file, resultCodeOf, () => prepare(sql).run(params).changes),
    close: () => {
      if (!open) return;
      open = false;
      statements.clear();
      guarded(file, resultCodeOf, () => database.close());
    },
  };
}

async function loadLibsql() {
  try {
    return (await import('libsql')).default;
  } catch (error) {
    throw new ExpectedError(
      EX.CONFIG,
      `no SQLite on ${process.platform} ${process.arch} with Node ${process.version}: ${errorText(error)}; ` +
        'use Node 22.13 or later, which has its own',
      { cause: error },
    );
  }
}

/**
 * `rawCode` of its SqliteError: SQLite's extended result code. A failed open has it only at the end of its
 * text.
 */
function resultCodeOf(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  if ('rawCode' in error && typeof error.rawCode === 'number') return error.rawCode;
  const opening = /^ConnectionFailed\(.*: (\d+)"\)$/s.exec(error.message);
  return opening === null ? null : Number(opening[1]);
}

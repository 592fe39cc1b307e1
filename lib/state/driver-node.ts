/**
 * The SQLite inside Node (`node:sqlite`, 22.5 and later).
 *
 * Promises: loaded only when a database is opened; its ExperimentalWarning is not shown, every other warning
 * is.
 * Fails: as driver.ts says.
 */
import { isBuiltin } from 'node:module';
import { type Driver, guarded } from './driver.ts';
import type { SqlValue } from './row.ts';

/** The part of `node:sqlite` that is used; the types of the oldest Node we run on do not have it. */
type NodeStatement = {
  readonly all: (...params: readonly SqlValue[]) => readonly unknown[];
  readonly run: (...params: readonly SqlValue[]) => { readonly changes: number | bigint };
};
type NodeDatabase = {
  readonly prepare: (sql: string) => NodeStatement;
  readonly close: () => void;
};
type NodeSqlite = { readonly DatabaseSync: new (file: string) => NodeDatabase };

/** True when this Node has an SQLite. Loads nothing. */
export function hasNodeSqlite(): boolean {
  return isBuiltin('node:sqlite');
}

/**
 * Opens `file` with Node's own SQLite.
 *
 * @throws TemporaryError, ExpectedError as driver.ts says; Error on a Node without SQLite
 */
export function openNodeDriver(file: string): Driver {
  const { DatabaseSync } = loadSqlite();
  const database = guarded(file, resultCodeOf, () => new DatabaseSync(file));
  const statements = new Map<string, NodeStatement>();
  let open = true;

  const prepare = (sql: string): NodeStatement => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  };

  return {
    all: (sql, params) => guarded(file, resultCodeOf, () => prepare(sql).all(...params)),
    run: (sql, params) => guarded(file, resultCodeOf, () => Number(prepare(sql).run(...params).changes)),
    close: () => {
      if (!open) return;
      open = false;
      statements.clear();
      guarded(file, resultCodeOf, () => database.close());
    },
  };
}

/** The module. Node warns while it loads, so that is the moment to look at warnings. */
function loadSqlite(): NodeSqlite {
  // oxlint-disable-next-line typescript/unbound-method -- called with Reflect.apply, put back as it was
  const emitWarning = process.emitWarning;
  process.emitWarning = (...args: unknown[]) => {
    const [warning, kind] = args;
    if (kind === 'ExperimentalWarning' && String(warning).startsWith('SQLite')) return;
    Reflect.apply(emitWarning, process, args);
  };
  try {
    const found: unknown = process.getBuiltinModule('node:sqlite');
    if (!isNodeSqlite(found)) throw new Error(`Node ${process.version} has no node:sqlite`);
    return found;
  } finally {
    process.emitWarning = emitWarning;
  }
}

function isNodeSqlite(found: unknown): found is NodeSqlite {
  return (
    typeof found === 'object' &&
    found !== null &&
    'DatabaseSync' in found &&
    typeof found.DatabaseSync === 'function'
  );
}

/** `errcode` of an ERR_SQLITE_ERROR: SQLite's extended result code. */
function resultCodeOf(error: unknown): number | null {
  if (error instanceof Error && 'errcode' in error && typeof error.errcode === 'number') return error.errcode;
  return null;
}

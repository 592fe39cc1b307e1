/**
 * The state database: one SQLite file that many short processes open at once.
 *
 * Promises: what a transaction committed survives power loss (write-ahead log, synchronous=FULL); the file is
 * made with mode 0600 whatever the umask; its tables are those of schema.ts; SQLite is loaded only here, only
 * now.
 * Fails: locked for 30 seconds, disk full, not writable, its directory missing: TemporaryError. Damaged,
 * written by a newer qrunner, or on a file system without shared memory: ExpectedError. The file is then left
 * as it was.
 */
import { closeSync, fchmodSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { syncDirectory } from '../base/durable.ts';
import { ExpectedError, errorCode, errorText, TemporaryError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import { connect, type Database } from './connection.ts';
import { DatabaseBusyError, type Driver } from './driver.ts';
import { hasNodeSqlite, openNodeDriver } from './driver-node.ts';
import { migrate } from './schema.ts';

export type { Database } from './connection.ts';
export type { Row } from './row.ts';

/** For tests; the defaults are right everywhere else. */
export type DatabaseOptions = {
  /** @default Node's own SQLite where it has one, else libsql */
  readonly driver?: 'node' | 'libsql';
  /** How long to wait for another process, milliseconds. @default 30000 */
  readonly busyMs?: number;
};

/**
 * Opens the state database `file`; makes it when it is missing (its directory must be there).
 *
 * @throws TemporaryError, ExpectedError as said above
 */
export async function openDatabase(file: string, options: DatabaseOptions = {}): Promise<Database> {
  const { driver: kind = hasNodeSqlite() ? 'node' : 'libsql', busyMs = 30_000 } = options;
  const path = resolve(file);
  await createPrivate(path);
  const driver = await openDriver(kind, path);
  try {
    const db = connect(driver);
    // Pragmas take no parameters.
    db.all(`PRAGMA busy_timeout = ${Math.floor(busyMs)}`);
    await useWriteAheadLog(db, path, Date.now() + busyMs);
    db.all('PRAGMA synchronous = FULL');
    db.all('PRAGMA foreign_keys = ON');
    migrate(db, path);
    return db;
  } catch (error) {
    driver.close();
    throw error;
  }
}

async function openDriver(kind: 'node' | 'libsql', path: string): Promise<Driver> {
  if (kind === 'node') return openNodeDriver(path);
  const { openLibsqlDriver } = await import('./driver-libsql.ts');
  return openLibsqlDriver(path);
}

/**
 * Makes the empty file, durable, or does nothing when it is there. An existing file must not be opened here:
 * closing it would drop the POSIX locks of every other connection of this process. Its `-wal` and `-shm` get
 * its mode from SQLite.
 */
async function createPrivate(path: string): Promise<void> {
  try {
    const fd = openSync(path, 'wx', 0o600);
    try {
      fchmodSync(fd, 0o600);
    } finally {
      closeSync(fd);
    }
    await syncDirectory(dirname(path));
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    throw new TemporaryError(`cannot make the state database ${path}: ${errorText(error)}`, { cause: error });
  }
}

/**
 * Switches to the write-ahead log, once in the life of the file. The switch needs the file for itself and
 * does not wait by itself for processes that do the same at this moment.
 */
async function useWriteAheadLog(db: Database, path: string, deadline: number): Promise<void> {
  for (;;) {
    try {
      if (db.get('PRAGMA journal_mode')?.journal_mode === 'wal') return;
      const mode = db.get('PRAGMA journal_mode = WAL')?.journal_mode;
      if (mode === 'wal') return;
      throw new ExpectedError(
        EX.CONFIG,
        `the state database ${path} cannot have a write-ahead log (its journal mode is ${mode}): ` +
          'it must be on a local file system',
      );
    } catch (error) {
      if (!(error instanceof DatabaseBusyError) || Date.now() >= deadline) throw error;
      await sleep(5 + Math.random() * 20);
    }
  }
}

/** What every driver must do. Run by the partner test of each. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ExpectedError, TemporaryError } from '../../lib/base/errors.ts';
import { EX } from '../../lib/base/sysexits.ts';
import type { Driver } from '../../lib/state/driver.ts';

/** Opens databases with a driver and compares what it does with what driver.ts promises. */
export async function conformance(open: (file: string) => Promise<Driver>): Promise<void> {
  await t.test('values come back as they went in', async (t) => {
    const db = await open(join(t.testdir(), 'db'));
    t.teardown(() => db.close());
    db.run('CREATE TABLE thing (id INTEGER PRIMARY KEY, word TEXT) STRICT', []);
    const insert = 'INSERT INTO thing (id, word) VALUES (?, ?) ON CONFLICT DO NOTHING';
    t.equal(db.run(insert, [1_795_421_832_298, 'Ärger "☃" \'x\'']), 1);
    t.equal(db.run(insert, [1_795_421_832_298, 'twice']), 0, 'a row that is there already is no change');
    t.equal(db.run('INSERT INTO thing (word) VALUES (?)', [null]), 1, 'a lone null is a parameter');
    t.strictSame(
      db.all('SELECT id, word FROM thing ORDER BY id', []).map((row) => ({ ...(row as object) })),
      [
        { id: 1_795_421_832_298, word: 'Ärger "☃" \'x\'' },
        { id: 1_795_421_832_299, word: null },
      ],
    );
    t.strictSame(db.all('SELECT id FROM thing WHERE id = ?', [7]), []);
    t.equal(db.all('DELETE FROM thing WHERE id > ? RETURNING word', [0]).length, 2);
    t.equal(db.run('DELETE FROM thing', []), 0);
  });

  await t.test('no statement is left open behind a result', async (t) => {
    const file = join(t.testdir(), 'db');
    const [one, other] = [await open(file), await open(file)];
    t.teardown(() => [one, other].map((db) => db.close()));
    one.all('PRAGMA journal_mode = WAL', []);
    one.run('CREATE TABLE thing (id INTEGER PRIMARY KEY) STRICT', []);
    one.run('INSERT INTO thing VALUES (1), (2), (3)', []);
    t.equal(one.all('SELECT id FROM thing', []).length, 3);
    other.run('INSERT INTO thing VALUES (4)', []);
    t.equal(one.all('SELECT id FROM thing', []).length, 4, 'sees what another connection has committed');
    const checkpoint = Object.values(other.all('PRAGMA wal_checkpoint(TRUNCATE)', [])[0] as object);
    t.equal(checkpoint[0], 0, 'a checkpoint is not held up by a reader');
  });

  await t.test('what SQLite refuses for our own mistake is not dressed up', async (t) => {
    const db = await open(join(t.testdir(), 'db'));
    t.teardown(() => db.close());
    db.run('CREATE TABLE thing (id INTEGER PRIMARY KEY) STRICT', []);
    db.run('INSERT INTO thing VALUES (1)', []);
    for (const sql of ['INSERT INTO thing VALUES (1)', 'SELECT nothing FROM nowhere']) {
      try {
        db.run(sql, []);
        t.fail(`${sql} must throw`);
      } catch (error) {
        t.ok(error instanceof Error && !(error instanceof ExpectedError), sql);
      }
    }
  });

  await t.test('trouble that may pass is temporary and names the file', async (t) => {
    const directory = t.testdir({ taken: {} });
    const file = join(directory, 'db');
    const [one, other] = [await open(file), await open(file)];
    t.teardown(() => [one, other].map((db) => db.close()));
    one.run('BEGIN IMMEDIATE', []);
    t.throws(() => other.run('BEGIN IMMEDIATE', []), { status: EX.TEMPFAIL, message: file }, 'locked');
    one.run('ROLLBACK', []);
    one.run('CREATE TABLE thing (bytes TEXT) STRICT', []);
    one.all('PRAGMA max_page_count = 4', []);
    const fill = () => one.run('INSERT INTO thing VALUES (?)', ['x'.repeat(100_000)]);
    t.throws(fill, { status: EX.TEMPFAIL, message: 'SQLITE_FULL' }, 'disk full');
    one.all('PRAGMA query_only = 1', []);
    t.throws(() => one.run('DELETE FROM thing', []), { message: 'SQLITE_READONLY' }, 'not writable');
    for (const path of [join(directory, 'missing', 'db'), join(directory, 'taken')]) {
      await t.rejects(
        open(path).then((db) => db.all('SELECT 1 FROM sqlite_schema', [])),
        TemporaryError,
        'cannot be opened',
      );
    }
  });

  await t.test('a damaged file is said to be one', async (t) => {
    const file = join(t.testdir(), 'db');
    writeFileSync(file, 'this is no database, whatever its name says. '.repeat(200));
    const read = async () => {
      const db = await open(file);
      t.teardown(() => db.close());
      db.all('SELECT * FROM sqlite_schema', []);
    };
    await t.rejects(read(), { status: EX.SOFTWARE, message: `${file} is damaged and was left alone` });
  });

  await t.test('a closed database answers nothing', async (t) => {
    const db = await open(join(t.testdir(), 'db'));
    db.all('SELECT 1', []);
    db.close();
    db.close();
    t.throws(() => db.all('SELECT 1', []));
  });
}

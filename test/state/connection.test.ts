import { join } from 'node:path';
import t from 'tap';
import { TemporaryError } from '../../lib/base/errors.ts';
import { connect, type Database } from '../../lib/state/connection.ts';
import { openLibsqlDriver } from '../../lib/state/driver-libsql.ts';
import { hasNodeSqlite, openNodeDriver } from '../../lib/state/driver-node.ts';

const insert = (db: Database, word: string) => db.run('INSERT INTO thing VALUES (?)', word);
const words = (db: Database) => db.all('SELECT word FROM thing ORDER BY word').map((row) => row.word);

async function open(kind: string, file: string): Promise<Database> {
  return connect(kind === 'node' ? openNodeDriver(file) : await openLibsqlDriver(file));
}

/** A new database with a table, and a second connection to it. */
async function fresh(kind: string, t: { testdir: () => string; teardown: (work: () => void) => void }) {
  const file = join(t.testdir(), 'db');
  const [db, other] = [await open(kind, file), await open(kind, file)];
  t.teardown(() => [db, other].map((each) => each.close()));
  db.get('PRAGMA journal_mode = WAL');
  db.run('CREATE TABLE thing (word TEXT PRIMARY KEY) STRICT');
  return { db, other };
}

for (const kind of hasNodeSqlite() ? ['node', 'libsql'] : ['libsql']) {
  await t.test(kind, async (t) => {
    await t.test('run, get and all', async (t) => {
      const { db } = await fresh(kind, t);
      t.strictSame(insert(db, 'a'), { changes: 1 });
      t.strictSame(db.get('SELECT word, NULL AS none FROM thing'), { word: 'a', none: null });
      t.equal(db.get('SELECT word FROM thing WHERE word = ?', 'b'), null);
      insert(db, 'b');
      t.strictSame(words(db), ['a', 'b']);
      t.throws(() => db.get("SELECT x'00' AS bytes"), { message: 'column bytes' });
    });

    await t.test('a transaction is seen by others when it is over', async (t) => {
      const { db, other } = await fresh(kind, t);
      const result = db.transaction(() => {
        insert(db, 'a');
        t.strictSame(words(other), []);
        t.throws(() => insert(other, 'b'), TemporaryError, 'nobody else writes meanwhile');
        return 7;
      });
      t.equal(result, 7);
      t.strictSame(words(other), ['a']);
      t.strictSame(insert(other, 'b'), { changes: 1 });
    });

    await t.test('what throws leaves nothing', async (t) => {
      const { db, other } = await fresh(kind, t);
      const fail = () =>
        db.transaction(() => {
          insert(db, 'a');
          throw new Error('half-way');
        });
      t.throws(fail, { message: 'half-way' });
      t.strictSame(words(db), []);
      t.strictSame(insert(other, 'b'), { changes: 1 }, 'and holds no lock');
      t.throws(() => db.transaction(async () => insert(db, 'c')), { message: 'must be synchronous' });
      t.strictSame(words(db), ['b'], 'asynchronous work is refused');
      db.transaction(() => insert(db, 'd'));
      t.strictSame(words(other), ['b', 'd'], 'the connection goes on');
    });

    await t.test('one inside another is part of it', async (t) => {
      const { db, other } = await fresh(kind, t);
      db.transaction(() => {
        insert(db, 'a');
        t.equal(
          db.transaction(() => insert(db, 'b').changes),
          1,
        );
        t.strictSame(words(other), [], 'committed with the outer one');
        const fail = () =>
          db.transaction(() => {
            insert(db, 'c');
            db.transaction(() => insert(db, 'd'));
            throw new Error('inner');
          });
        t.throws(fail, { message: 'inner' });
        t.strictSame(words(db), ['a', 'b'], 'an inner failure that is caught takes back its own part');
      });
      t.strictSame(words(other), ['a', 'b']);
      t.throws(() =>
        db.transaction(() => {
          db.transaction(() => insert(db, 'e'));
          throw new Error('outer');
        }),
      );
      t.strictSame(words(other), ['a', 'b'], 'an outer failure takes back all');
    });

    await t.test('a full disk ends the transaction, whoever catches the error', async (t) => {
      const { db, other } = await fresh(kind, t);
      insert(db, 'before');
      db.get('PRAGMA max_page_count = 8');
      const stubborn = () =>
        db.transaction(() => {
          insert(db, 'a');
          t.throws(() => insert(db, 'x'.repeat(200_000)), { message: 'SQLITE_FULL' });
          t.throws(() => insert(db, 'b'), { message: 'SQLITE_FULL' }, 'nothing can be written after it');
          t.throws(() => words(db), TemporaryError);
        });
      t.throws(stubborn, { message: 'SQLITE_FULL' });
      t.strictSame(words(other), ['before']);
      db.transaction(() => insert(db, 'after'));
      t.strictSame(words(other), ['after', 'before'], 'the connection goes on when there is room');
    });
  });
}

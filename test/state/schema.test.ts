import { join } from 'node:path';
import t from 'tap';
import { EX } from '../../lib/base/sysexits.ts';
import { openDatabase } from '../../lib/state/database.ts';
import { migrate, SCHEMA_VERSION } from '../../lib/state/schema.ts';

await t.test('a new file gets the tables', async (t) => {
  const db = await openDatabase(join(t.testdir(), 'db'));
  t.teardown(() => db.close());
  const tables = db.all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
  t.strictSame(
    tables.map((row) => row.name),
    [
      'bounce',
      'bounce_alarm',
      'delivery_rule',
      'destination',
      'effect',
      'member',
      'member_log',
      'pending',
      'post',
      'post_count',
      'secret',
      'standing',
    ],
  );
  t.strictSame(db.get('PRAGMA user_version'), { user_version: SCHEMA_VERSION });
});

await t.test('steps that are missing are done, each once', async (t) => {
  const file = join(t.testdir(), 'db');
  const db = await openDatabase(file);
  t.teardown(() => db.close());
  const done: (readonly string[])[] = Array.from({ length: SCHEMA_VERSION }, () => ['this is no SQL']);
  const more = [...done, ['CREATE TABLE extra (word TEXT) STRICT', "INSERT INTO extra VALUES ('once')"]];
  migrate(db, file, more);
  migrate(db, file, more);
  t.strictSame(db.all('SELECT word FROM extra'), [{ word: 'once' }]);
  t.strictSame(db.get('PRAGMA user_version'), { user_version: SCHEMA_VERSION + 1 });
});

await t.test('a step that fails half-way leaves nothing of itself', async (t) => {
  const file = join(t.testdir(), 'db');
  const db = await openDatabase(file);
  t.teardown(() => db.close());
  const done: (readonly string[])[] = Array.from({ length: SCHEMA_VERSION }, () => []);
  t.throws(() => migrate(db, file, [...done, ['CREATE TABLE extra (word TEXT) STRICT', 'this is no SQL']]));
  t.equal(db.get("SELECT name FROM sqlite_schema WHERE name = 'extra'"), null);
  t.strictSame(db.get('PRAGMA user_version'), { user_version: SCHEMA_VERSION });
});

await t.test('a file of a newer program is refused and left alone', async (t) => {
  const file = join(t.testdir(), 'db');
  const db = await openDatabase(file);
  t.teardown(() => db.close());
  db.run('PRAGMA user_version = 99');
  await t.rejects(openDatabase(file), {
    status: EX.CONFIG,
    message: `${file} is of version 99, and this qrunner knows versions up to ${SCHEMA_VERSION}`,
  });
  t.strictSame(db.get('PRAGMA user_version'), { user_version: 99 });
});

import { join } from 'node:path';
import t from 'tap';
import { EX } from '../../lib/base/sysexits.ts';
import { bounceHistory } from '../../lib/list/bounce-history.ts';
import { memberLog } from '../../lib/list/member-log.ts';
import { listMembers } from '../../lib/list/roster.ts';
import { findStanding } from '../../lib/list/standing.ts';
import { connect } from '../../lib/state/connection.ts';
import { openDatabase } from '../../lib/state/database.ts';
import type { Driver } from '../../lib/state/driver.ts';
import { hasNodeSqlite, openNodeDriver } from '../../lib/state/driver-node.ts';
import { migrate, SCHEMA_VERSION, STEPS } from '../../lib/state/schema.ts';

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

await t.test(
  'bounces of the first version go on as standings, and what is known becomes a log',
  async (t) => {
    const file = join(t.testdir(), 'db');
    const db = connect(await openDriver(file));
    t.teardown(() => db.close());
    migrate(db, file, STEPS.slice(0, STEPS.length - 1));
    const day = 86_400_000;
    const member = (key: string, delivery: string, score: number, bouncedAt: number | null) =>
      db.run(
        `INSERT INTO member (list, key, domain, address, name, delivery, posting, since, score, bounced_at)
       VALUES ('tea@x.org', ?, 'x.org', ?, '', ?, 'default', 5, ?, ?)`,
        key,
        key,
        delivery,
        score,
        bouncedAt,
      );
    member('fine@x.org', 'enabled', 0, null);
    member('counted@x.org', 'enabled', 3, 20 * day);
    member('stopped@x.org', 'bouncing', 5, 30 * day);
    member('byhand@x.org', 'bouncing', 0, null);
    member('disabled@x.org', 'disabled', 2, 20 * day);
    db.run(
      "INSERT INTO bounce (list, key, at, status, diagnostic) VALUES ('tea@x.org', 'counted@x.org', 9, '5.1.1', 'no')",
    );
    migrate(db, file);
    const standings = ['byhand', 'counted', 'disabled', 'fine', 'stopped'].map((name) =>
      findStanding(db, 'tea@x.org', `${name}@x.org`),
    );
    t.match(standings, [
      { phase: 'stopped', warned: 0, warnedAt: 0 },
      { phase: 'counting', score: { points: 3, day: 20, dayPoints: 0, lastAt: 20 * day } },
      null,
      null,
      { phase: 'stopped', phaseAt: 30 * day, score: { points: 5 } },
    ]);
    t.same(memberLog(db, 'tea@x.org', 'counted@x.org'), [
      { at: 5, event: 'joined', detail: 'before this log was kept' },
      { at: 9, event: 'bounce', detail: 'hard 5.1.1 no' },
    ]);
    t.match(bounceHistory(db, 'tea@x.org', 'counted@x.org'), [{ class: 'hard', status: '5.1.1' }]);
    t.equal(listMembers(db, 'tea@x.org').length, 5);
  },
);

function openDriver(file: string): Promise<Driver> {
  return hasNodeSqlite()
    ? Promise.resolve(openNodeDriver(file))
    : import('../../lib/state/driver-libsql.ts').then(({ openLibsqlDriver }) => openLibsqlDriver(file));
}

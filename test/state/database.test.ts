import { execFile, spawn } from 'node:child_process';
import { once as event } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { EX } from '../../lib/base/sysexits.ts';
import { openDatabase } from '../../lib/state/database.ts';
import { hasNodeSqlite } from '../../lib/state/driver-node.ts';

const execute = promisify(execFile);
const source = new URL('../../lib/state/database.js', import.meta.url).href;
const drivers = hasNodeSqlite() ? (['node', 'libsql'] as const) : (['libsql'] as const);

/** Arguments of a Node that runs `body` with `db` open on `file`. */
const script = (file: string, driver: string, body: string) => [
  '--input-type=module',
  '-e',
  `import { openDatabase } from ${JSON.stringify(source)};
   const db = await openDatabase(${JSON.stringify(file)}, { driver: ${JSON.stringify(driver)} });
   ${body}`,
];

const addOne = `db.transaction(() => {
  const row = db.get("SELECT at FROM effect WHERE entry = 'counter'");
  if (row === null) db.run("INSERT INTO effect VALUES ('counter', '', '', 1)");
  else db.run("UPDATE effect SET at = ? WHERE entry = 'counter'", row.at + 1);
});`;

for (const driver of drivers) {
  await t.test(driver, async (t) => {
    await t.test('what is committed stays, and is durable', async (t) => {
      const file = join(t.testdir(), 'db');
      const db = await openDatabase(file, { driver });
      t.strictSame(db.get('PRAGMA journal_mode'), { journal_mode: 'wal' });
      t.strictSame(db.get('PRAGMA synchronous'), { synchronous: 2 }, 'FULL');
      t.strictSame(db.get('PRAGMA foreign_keys'), { foreign_keys: 1 });
      t.equal(Object.values(db.get('PRAGMA busy_timeout') ?? {})[0], 30_000);
      db.run("INSERT INTO effect VALUES ('e', 'k', 'r', 5)");
      db.close();
      db.close();
      const again = await openDatabase(file, { driver });
      t.teardown(() => again.close());
      t.strictSame(again.all('SELECT * FROM effect'), [{ entry: 'e', kind: 'k', result: 'r', at: 5 }]);
    });

    await t.test('nobody else can read the file, whatever the umask', async (t) => {
      for (const mask of [0, 0o777]) {
        const file = join(t.testdir(), 'db');
        const before = process.umask(mask);
        try {
          const db = await openDatabase(file, { driver });
          db.run("INSERT INTO effect VALUES ('e', 'k', 'r', 5)");
          for (const part of [file, `${file}-wal`, `${file}-shm`]) {
            t.equal(statSync(part).mode & 0o777, 0o600, part);
          }
          db.close();
        } finally {
          process.umask(before);
        }
      }
    });

    await t.test('many short processes make and use one new file', async (t) => {
      const file = join(t.testdir(), 'db');
      const mixed = (i: number) => drivers[i % drivers.length] ?? driver;
      const work = `for (let i = 0; i < 10; i++) ${addOne}; db.close();`;
      const runs = Array.from({ length: 12 }, (_, i) =>
        execute(process.execPath, script(file, mixed(i), work)),
      );
      for (const { stderr } of await Promise.all(runs)) t.equal(stderr, '');
      const db = await openDatabase(file, { driver });
      t.teardown(() => db.close());
      t.strictSame(db.get('SELECT at FROM effect'), { at: 120 }, 'no transaction was lost');
      t.strictSame(db.get('PRAGMA integrity_check'), { integrity_check: 'ok' });
    });

    await t.test('a process killed inside a transaction leaves nothing of it and no lock', async (t) => {
      const file = join(t.testdir(), 'db');
      const body = `${addOne}
        db.transaction(() => {
          db.run("INSERT INTO effect VALUES ('half', '', '', 1)");
          process.stdout.write('inside');
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
        });`;
      const child = spawn(process.execPath, script(file, driver, body), {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await event(child.stdout, 'data');
      const db = await openDatabase(file, { driver, busyMs: 20 });
      t.teardown(() => db.close());
      t.throws(
        () => db.run('DELETE FROM effect'),
        { status: EX.TEMPFAIL, message: file },
        'locked meanwhile',
      );
      child.kill('SIGKILL');
      await event(child, 'exit');
      t.strictSame(db.all('SELECT entry FROM effect'), [{ entry: 'counter' }]);
      t.equal(db.run('DELETE FROM effect').changes, 1);
    });

    await t.test('a file that is no database is refused and left alone', async (t) => {
      const file = join(t.testdir(), 'db');
      const content = 'notes of the operator, in the wrong place\n'.repeat(100);
      writeFileSync(file, content);
      await t.rejects(openDatabase(file, { driver }), { status: EX.SOFTWARE, message: 'left alone' });
      t.equal(readFileSync(file, 'utf8'), content);
    });
  });
}

await t.test('a damaged page is reported, not read over', async (t) => {
  const file = join(t.testdir(), 'db');
  const db = await openDatabase(file);
  for (let i = 0; i < 2000; i++)
    db.run('INSERT INTO effect VALUES (?, ?, ?, 5)', `entry ${i}`, 'k', 'r'.repeat(50));
  db.get('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  const bytes = readFileSync(file);
  bytes.fill(0x55, 4096 * 10);
  writeFileSync(file, bytes);
  const damaged = await openDatabase(file);
  t.teardown(() => damaged.close());
  t.throws(() => damaged.all('SELECT * FROM effect'), { status: EX.SOFTWARE, message: 'is damaged' });
});

await t.test('the directory must be there', async (t) => {
  const file = join(t.testdir(), 'missing', 'db');
  await t.rejects(openDatabase(file), {
    status: EX.TEMPFAIL,
    message: `cannot make the state database ${file}`,
  });
  t.notOk(existsSync(file));
});

await t.test('SQLite is loaded when a database is opened, not before', async (t) => {
  const show = `console.log([...process.moduleLoadList, ...Object.keys(createRequire('/').cache)]
    .filter((name) => /sqlite|libsql/i.test(name) && !name.includes('lib/state')).length > 0);`;
  const code = `import { createRequire } from 'node:module';
    import { openDatabase } from ${JSON.stringify(source)};
    ${show}
    await openDatabase(${JSON.stringify(join(t.testdir(), 'db'))});
    ${show}`;
  const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', code]);
  t.equal(stdout, 'false\ntrue\n');
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type ByteRange, tryRangeLock } from '../../lib/base/range-lock.ts';

const HALF = 2 ** 39;
const LOWER: ByteRange = { start: 0, length: HALF };
const UPPER: ByteRange = { start: HALF, length: HALF };

// The tests run as compiled files, and so does what they start.
const LOCK_MODULE = new URL('../../lib/base/range-lock.js', import.meta.url).href;

/** A process that holds the range until it is killed. */
async function holder(path: string, { start, length }: ByteRange): Promise<ChildProcess> {
  const code = `import { tryRangeLock } from '${LOCK_MODULE}';
    const lock = await tryRangeLock(${JSON.stringify(path)}, { start: ${start}, length: ${length} });
    process.stdout.write(lock ? 'held' : 'busy');
    setInterval(() => lock, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [answer] = await once(child.stdout, 'data');
  if (String(answer) !== 'held') throw new Error(`the child says ${String(answer)}`);
  return child;
}

await t.test('inside one process', async (t) => {
  const path = join(t.testdir(), 'lock');
  const lower = await tryRangeLock(path, LOWER);
  t.ok(lower, 'the file is made');

  await t.test('ranges that overlap exclude each other', async (t) => {
    t.equal(await tryRangeLock(path, LOWER), null, 'the same range');
    t.equal(await tryRangeLock(path, { start: 0, length: 2 * HALF }), null, 'a range around it');
    t.equal(await tryRangeLock(path, { start: HALF - 1, length: 10 }), null, 'one byte is enough');
  });

  await t.test('ranges that meet do not', async (t) => {
    const upper = await tryRangeLock(path, UPPER);
    t.ok(upper);
    upper?.release();
    t.equal(await tryRangeLock(path, LOWER), null, 'its release gives back nothing of the other');
  });

  lower?.release();
  const again = await tryRangeLock(path, { start: 0, length: 2 * HALF });
  t.ok(again, 'free after the release');
  again?.release();
});

await t.test('between processes', async (t) => {
  const path = join(t.testdir(), 'lock');
  const child = await holder(path, LOWER);
  t.teardown(() => child.kill('SIGKILL'));
  t.equal(await tryRangeLock(path, { start: 1, length: 1 }), null, 'held by the other');
  const upper = await tryRangeLock(path, UPPER);
  t.ok(upper, 'the other half is free');

  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  const lower = await tryRangeLock(path, LOWER);
  t.ok(lower, 'the kernel frees what a killed process held');
  lower?.release();
  upper?.release();
});

await t.test('the file may be used by every user of its group, whatever the umask', async (t) => {
  const umask = process.umask(0o077);
  t.teardown(() => process.umask(umask));
  const path = join(t.testdir(), 'lock');
  (await tryRangeLock(path, LOWER))?.release();
  t.equal(statSync(path).mode & 0o777, 0o660);
});

await t.test('a lock that cannot be had is a clear refusal', async (t) => {
  const directory = t.testdir();
  const refusal = { name: 'TemporaryError', message: /cannot open the lock file .*missing/ };
  await t.rejects(tryRangeLock(join(directory, 'missing', 'lock'), LOWER), refusal);
  mkdirSync(join(directory, 'lock'));
  await t.rejects(tryRangeLock(join(directory, 'lock'), LOWER), { name: 'TemporaryError' });
});

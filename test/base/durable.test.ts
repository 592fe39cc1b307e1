import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import {
  sharedDirectorySync,
  sharedSync,
  syncDirectory,
  syncFile,
  writeAll,
  writeFileDurably,
} from '../../lib/base/durable.ts';

/** A sync that ends when the test says so. */
function manualSync() {
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const sync = () => new Promise<void>((resolve, reject) => void ends.push({ resolve, reject }));
  return { sync, ends };
}

await t.test('a file replaced durably', async (t) => {
  const directory = t.testdir({ old: 'before' });
  const path = join(directory, 'old');
  writeFileDurably(path, 'after', 0o640);
  t.equal(readFileSync(path, 'utf8'), 'after');
  writeFileDurably(path, Buffer.from([0, 255]), 0o640);
  t.strictSame([...readFileSync(path)], [0, 255]);
  t.strictSame(readdirSync(directory), ['old'], 'no temporary file is left');

  await t.test('has its mode whatever the umask', async (t) => {
    const umask = process.umask(0o077);
    t.teardown(() => process.umask(umask));
    writeFileDurably(join(directory, 'new'), 'x', 0o664);
    t.equal(statSync(join(directory, 'new')).mode & 0o777, 0o664);
  });

  await t.test('leaves nothing when it fails', async (t) => {
    mkdirSync(join(directory, 'taken', 'deep'), { recursive: true });
    const before = readdirSync('/proc/self/fd').length;
    t.throws(() => writeFileDurably(join(directory, 'taken'), 'x', 0o660), { code: 'EISDIR' });
    t.throws(() => writeFileDurably(join(directory, 'missing', 'x'), 'x', 0o660), { code: 'ENOENT' });
    t.notOk(readdirSync(directory).some((name) => name.endsWith('.tmp')));
    t.equal(readdirSync('/proc/self/fd').length, before, 'no descriptor stays open');
  });
});

await t.test('all bytes are written at the descriptor', async (t) => {
  const path = join(t.testdir(), 'file');
  const fd = openSync(path, 'w');
  writeAll(fd, Buffer.from('one '));
  writeAll(fd, new Uint8Array(0));
  writeAll(fd, Buffer.from('two'));
  await syncFile(fd);
  closeSync(fd);
  t.equal(readFileSync(path, 'utf8'), 'one two');
});

await t.test('a directory that cannot be synced is an error', async (t) => {
  const directory = t.testdir();
  await syncDirectory(directory);
  await t.rejects(syncDirectory(join(directory, 'missing')), { code: 'ENOENT' });
  writeFileSync(join(directory, 'file'), '');
  await t.rejects(syncDirectory(join(directory, 'file')), { code: 'ENOTDIR' });
});

await t.test('a shared sync', async (t) => {
  await t.test(
    'who calls in the same turn shares one; who comes while it runs waits for the next',
    async (t) => {
      const { sync, ends } = manualSync();
      const shared = sharedSync(sync);
      const resolved: string[] = [];
      const call = (who: string) => shared().then(() => void resolved.push(who));
      const all = [call('first'), call('with the first')];
      t.equal(ends.length, 0, 'it waits for the turn to end');
      await setImmediate();
      t.equal(ends.length, 1);
      all.push(call('second'), call('third'));
      await setImmediate();
      t.equal(ends.length, 1, 'a sync that began before their call proves nothing to them');
      ends[0]?.resolve();
      await setImmediate();
      t.strictSame(resolved, ['first', 'with the first']);
      t.equal(ends.length, 2, 'the next began when the first ended');
      ends[1]?.resolve();
      await Promise.all(all);
      t.strictSame(resolved, ['first', 'with the first', 'second', 'third']);
      t.equal(ends.length, 2);
    },
  );

  await t.test('a failure reaches those it was for, and nobody else', async (t) => {
    const { sync, ends } = manualSync();
    const shared = sharedSync(sync);
    const first = shared();
    await setImmediate();
    const second = shared();
    ends[0]?.reject(new Error('EIO'));
    await t.rejects(first, { message: 'EIO' });
    await setImmediate();
    ends[1]?.resolve();
    await t.resolves(second);
  });

  await t.test('each directory has its own', async (t) => {
    const synced: string[] = [];
    const shared = sharedDirectorySync(async (path) => void synced.push(path));
    await Promise.all([shared('/a'), shared('/b'), shared('/a'), shared('/a')]);
    t.strictSame(synced.sort(), ['/a', '/b']);
  });
});

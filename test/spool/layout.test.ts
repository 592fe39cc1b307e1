import { chmodSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeDirectory, prepareSpool, spoolLayout } from '../../lib/spool/layout.ts';
import { STATES } from '../../lib/spool/state.ts';

await t.test('a new spool', async (t) => {
  const umask = process.umask(0o077);
  t.teardown(() => process.umask(umask));
  const root = join(t.testdir(), 'var', 'spool');
  const layout = spoolLayout(root, ['in', 'out']);
  prepareSpool(layout);
  t.strictSame(readdirSync(root).sort(), ['FORMAT', 'bell', 'in', 'out']);
  t.strictSame(readdirSync(join(root, 'in')).sort(), [...STATES, 'journal'].sort());
  t.equal(readFileSync(join(root, 'FORMAT'), 'utf8'), 'qrunner spool 1\n');

  await t.test('has its modes whatever the umask', async (t) => {
    const directories = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name));
    t.equal(directories.length, 3 + 2 * (STATES.length + 1));
    for (const directory of [root, ...directories]) {
      t.equal(statSync(directory).mode & 0o7777, 0o2770, directory);
    }
    t.equal(statSync(join(root, 'FORMAT')).mode & 0o7777, 0o660);
  });

  await t.test('is left as it is the next time', async (t) => {
    const before = statSync(join(root, 'FORMAT')).ino;
    prepareSpool(layout);
    t.equal(statSync(join(root, 'FORMAT')).ino, before);
  });

  await t.test('gets the directories of a queue that comes later', async (t) => {
    prepareSpool(spoolLayout(root, ['in', 'out', 'mine']));
    t.strictSame(readdirSync(join(root, 'mine')).sort(), [...STATES, 'journal'].sort());
    rmdirSync(join(root, 'mine', 'journal'));
    rmdirSync(join(root, 'mine', 'bad'));
    prepareSpool(spoolLayout(root, ['in', 'out', 'mine']));
    t.ok(readdirSync(join(root, 'mine')).includes('bad'), 'also when their making was cut off');
  });
});

await t.test('where things lie', async (t) => {
  const layout = spoolLayout('/s', ['in']);
  t.equal(layout.directory('in', 'new'), '/s/in/new');
  t.equal(layout.journal('in', 'ID'), '/s/in/journal/ID');
  t.equal(layout.lock('in'), '/s/in/lock');
  t.equal(layout.bell, '/s/bell');
  for (const queue of ['out', '', '..', 'bell']) {
    t.throws(() => layout.directory(queue, 'new'), {
      status: 67,
      message: `no queue "${queue}": known are in`,
    });
  }
});

await t.test('a spool of another version is refused', async (t) => {
  const root = t.testdir({ FORMAT: 'qrunner spool 2\n' });
  t.throws(() => prepareSpool(spoolLayout(root, ['in'])), {
    status: 78,
    message: /format "qrunner spool 2"/,
  });
  t.strictSame(readdirSync(root), ['FORMAT'], 'and not touched');
});

await t.test('a spool that cannot be made is temporary trouble', async (t) => {
  const directory = t.testdir({ file: '' });
  const under = spoolLayout(join(directory, 'file', 'spool'), ['in']);
  t.throws(() => prepareSpool(under), { status: 75, message: /cannot prepare the spool .*ENOTDIR/ });
  mkdirSync(join(directory, 'spool'));
  writeFileSync(join(directory, 'spool', 'in'), 'a file where the queue should be');
  t.throws(() => prepareSpool(spoolLayout(join(directory, 'spool'), ['in'])), { message: /ENOTDIR/ });
});

await t.test('a directory that is there keeps its mode', async (t) => {
  const path = join(t.testdir(), 'd');
  mkdirSync(path, { mode: 0o700 });
  makeDirectory(path);
  t.equal(statSync(path).mode & 0o777, 0o700);
  chmodSync(path, 0);
  makeDirectory(path);
  t.equal(statSync(path).mode & 0o7777, 0o2770, 'except one whose maker died before it had any');
  t.throws(() => makeDirectory(join(path, 'missing', 'd')), { code: 'ENOENT' });
});

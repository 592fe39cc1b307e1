import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeDirectories, prepareSpool, spoolLayout } from '../../lib/spool/layout.ts';
import { STATES } from '../../lib/spool/state.ts';

const modeOf = (path: string) => statSync(path).mode & 0o7777;

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

  await t.test('gets its bell directory again, and keeps a mode that was given to it', async (t) => {
    rmdirSync(layout.bell);
    prepareSpool(layout);
    t.equal(modeOf(layout.bell), 0o2770);
    chmodSync(layout.bell, 0o1730);
    prepareSpool(layout);
    t.equal(modeOf(layout.bell), 0o1730);
    chmodSync(layout.bell, 0o2770);
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
  makeDirectories(path);
  t.equal(statSync(path).mode & 0o777, 0o700);
  chmodSync(path, 0o1700);
  makeDirectories(path);
  t.equal(
    statSync(path).mode & 0o7777,
    0o2770,
    'except one whose maker was killed before it had the right one',
  );
  t.throws(() => makeDirectories(join(path, 'missing', 'd')), { code: 'ENOENT' });
});

await t.test('a maker that was killed between mkdir and chmod', async (t) => {
  const root = join(t.testdir(), 'spool');
  const layout = spoolLayout(root, ['in', 'mine']);
  prepareSpool(layout);

  await t.test('left the last directory of a queue that came later', async (t) => {
    const journal = join(root, 'mine', 'journal');
    chmodSync(journal, 0o1700);
    prepareSpool(layout);
    t.equal(modeOf(journal), 0o2770);
  });

  await t.test('left one in the middle', async (t) => {
    rmdirSync(join(root, 'mine', 'journal'));
    chmodSync(join(root, 'mine'), 0o1700);
    chmodSync(join(root, 'mine', 'held'), 0o1700);
    prepareSpool(layout);
    t.equal(modeOf(join(root, 'mine')), 0o2770);
    t.equal(modeOf(join(root, 'mine', 'held')), 0o2770);
  });

  await t.test('left the first ones of a new spool', async (t) => {
    rmSync(join(root, 'FORMAT'));
    chmodSync(join(root, 'bell'), 0o1700);
    prepareSpool(layout);
    t.equal(modeOf(join(root, 'bell')), 0o2770);
  });

  await t.test('did leave it with that mode, so that its owner can work in it', async (t) => {
    const script = `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      fs.chmodSync = () => process.kill(process.pid, 'SIGKILL');
      syncBuiltinESMExports();
      const { makeDirectories } = await import(${JSON.stringify(new URL('../../lib/spool/layout.js', import.meta.url).href)});
      process.umask(0o027);
      makeDirectories(process.argv[1]);`;
    const path = join(root, 'made');
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script, path]);
    t.equal(signal, 'SIGKILL');
    t.equal(modeOf(path) & 0o1777, 0o1700);
    makeDirectories(path);
    t.equal(modeOf(path), 0o2770);
  });
});

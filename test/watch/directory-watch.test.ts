import { mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { watchDirectory } from '../../lib/watch/directory-watch.ts';
import { until } from '../support/program.ts';

/** A watched directory `bell`, and how often it told of something. */
function watched(t: Test) {
  const dir = t.testdir({ bell: {} });
  const bell = join(dir, 'bell');
  let told = 0;
  const watch = watchDirectory(bell, () => told++);
  t.teardown(watch.close);
  return { dir, bell, watch, told: () => told };
}

/** Resolves when it has told of more than `before`. */
function more(told: () => number, before = 0): Promise<void> {
  return until(`more than ${before} changes`, () => told() > before);
}

await t.test('names that come, go, and are moved in', async (t) => {
  const { dir, bell, watch, told } = watched(t);
  t.ok(watch.holds());
  writeFileSync(join(bell, 'a'), '');
  await more(told);
  writeFileSync(join(dir, 'b'), '');
  let before = told();
  renameSync(join(dir, 'b'), join(bell, 'b'));
  await more(told, before);
  before = told();
  rmSync(join(bell, 'a'));
  await more(told, before);
  t.ok(watch.holds());
});

await t.test('lost when the directory is removed, also when one is made in its place at once', async (t) => {
  const { bell, watch, told } = watched(t);
  rmdirSync(bell);
  t.notOk(watch.holds(), 'before it is told');
  mkdirSync(bell);
  await more(told);
  t.notOk(watch.holds(), 'whatever its file number is');
});

await t.test('lost when the directory is renamed', async (t) => {
  const { dir, bell, watch, told } = watched(t);
  renameSync(bell, join(dir, 'away'));
  await more(told);
  t.notOk(watch.holds());
  renameSync(join(dir, 'away'), bell);
  t.notOk(watch.holds(), 'and back');
});

await t.test('a name like its own costs a new watch and no more', async (t) => {
  const { bell, watch, told } = watched(t);
  writeFileSync(join(bell, 'bell'), '');
  await more(told);
  t.notOk(watch.holds());
});

await t.test('closed', async (t) => {
  const { bell, watch, told } = watched(t);
  watch.close();
  watch.close();
  writeFileSync(join(bell, 'a'), '');
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.equal(told(), 0);
});

await t.test('what is not there, and what is no directory', async (t) => {
  const dir = t.testdir({ file: '' });
  const never = () => t.fail('nothing is watched');
  t.throws(() => watchDirectory(join(dir, 'none'), never), { code: 'ENOENT' });
  t.throws(() => watchDirectory(join(dir, 'file'), never), { message: /file is no directory$/ });
});

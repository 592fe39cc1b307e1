import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { unifiedDiff } from '../../lib/units/unified-diff.ts';

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join('');

await t.test('a new file, a file that goes, no difference', async (t) => {
  t.equal(unifiedDiff('/x', null, 'a\nb\n'), '--- /dev/null\n+++ /x\n@@ -0,0 +1,2 @@\n+a\n+b');
  t.equal(unifiedDiff('/x', 'a\n', null), '--- /x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a');
  t.equal(unifiedDiff('/x', 'a\n', 'a\n'), '');
});

await t.test('changes far apart are hunks of their own, near ones share one', async (t) => {
  const before = numbered(1, 40);
  const far = unifiedDiff('/x', before, before.replace('line 5\n', '').replace('line 30\n', 'thirty\n'));
  t.same(far.match(/^@@.*@@$/gm), ['@@ -2,7 +2,6 @@', '@@ -27,7 +26,7 @@']);
  const near = unifiedDiff('/x', before, before.replace('line 5\n', '').replace('line 11\n', 'eleven\n'));
  t.equal(near.match(/^@@/gm)?.length, 1);
});

const NEEDED = spawnSync('diff', ['--version']).error ? 'needs the program diff' : false;

await t.test('as diff -u has it', { skip: NEEDED }, async (t) => {
  const dir = t.testdir({});
  const cases: [string, string][] = [
    [numbered(1, 20), numbered(3, 25)],
    ['a\nb\nc\nd\n', 'a\nx\nc\ny\nd\n'],
    [numbered(1, 30), numbered(1, 30).replaceAll(/line [37]\n/g, 'x\n')],
    ['a\n', 'b\n'],
  ];
  for (const [before, after] of cases) {
    writeFileSync(join(dir, 'before'), before);
    writeFileSync(join(dir, 'after'), after);
    const args = ['-u', '--label', '/x', '--label', '/x', join(dir, 'before'), join(dir, 'after')];
    t.equal(`${unifiedDiff('/x', before, after)}\n`, spawnSync('diff', args, { encoding: 'utf8' }).stdout);
  }
});

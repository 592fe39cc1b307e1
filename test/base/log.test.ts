import { spawnSync } from 'node:child_process';
import t from 'tap';
import { formatEvent, silentLog } from '../../lib/base/log.ts';

// The tests run as compiled files, and so does what they start.
const LOG_MODULE = new URL('../../lib/base/log.js', import.meta.url).href;

/** What a process writes to standard error that logs like this. */
function written(script: string, journal: boolean): string {
  const { JOURNAL_STREAM: _, ...env } = process.env;
  const code = `import { stderrLog } from '${LOG_MODULE}'; ${script}`;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    env: journal ? { ...env, JOURNAL_STREAM: '8:1' } : env,
    encoding: 'utf8',
  });
  return stderr;
}

await t.test('an event is one line of keys and values', async (t) => {
  t.equal(formatEvent('run-end'), 'run-end');
  t.equal(
    formatEvent('entry-done', { queue: 'in', count: 3, quick: true, list: null, note: undefined }),
    'entry-done queue=in count=3 quick=true',
  );
});

await t.test('no value forges a second line or key', async (t) => {
  const rows: readonly [string, string][] = [
    ['two words', '"two words"'],
    ['a=b', '"a=b"'],
    ['say "x"', String.raw`"say \"x\""`],
    ['back\\slash', String.raw`"back\\slash"`],
    ['x\nentry-done queue=in', String.raw`"x\nentry-done queue=in"`],
    ['\u001b[31m', String.raw`"\u001b[31m"`],
    ['a\u0085b\u2028c\u009bd', String.raw`"a\u0085b\u2028c\u009bd"`],
    ['', '""'],
    ['friends@example.org', 'friends@example.org'],
    ['Zoë', 'Zoë'],
  ];
  for (const [value, expected] of rows) {
    t.equal(formatEvent('e', { value }), `e value=${expected}`, expected);
  }
});

await t.test('for people, and from the level that was asked for', async (t) => {
  const script = `const log = stderrLog('notice'); log('info', 'small'); log('notice', 'seen', { a: 1 }); log('error', 'bad');`;
  t.equal(written(script, false), 'qrunner: seen a=1\nqrunner: bad\n');
});

await t.test('for the journal, with the priority in front', async (t) => {
  const script = `const log = stderrLog('debug'); for (const l of ['error', 'warning', 'notice', 'info', 'debug']) log(l, 'e');`;
  t.equal(written(script, true), '<3>e\n<4>e\n<5>e\n<6>e\n<7>e\n');
});

await t.test('standard error that is gone stops nobody', async (t) => {
  const code = `import { closeSync } from 'node:fs'; import { stderrLog } from '${LOG_MODULE}';
    closeSync(2); stderrLog('info')('error', 'x'); process.stdout.write('alive');`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  t.equal(stdout, 'alive');
  t.equal(silentLog('error', 'dropped'), undefined);
});

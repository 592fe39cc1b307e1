import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import { formatProblem } from '../../lib/config/format-problem.ts';
import type { Problem } from '../../lib/config/problem.ts';

const problem: Problem = {
  file: '/etc/qrunner/qrunner.yaml',
  line: 12,
  column: 9,
  path: 'transport.type',
  message: 'found "smpt", wanted one of maildir, smtp, lmtp',
  fix: 'write smtp',
};

await t.test('place, key, message; the fix below', async (t) => {
  t.equal(
    formatProblem(problem, { base: '/etc/qrunner' }),
    'qrunner.yaml:12:9: transport.type: found "smpt", wanted one of maildir, smtp, lmtp\n    fix: write smtp',
  );
  t.match(formatProblem(problem), /^\/etc\/qrunner\/qrunner\.yaml:12:9: transport\.type: found/);
  t.match(formatProblem(problem, { base: '/etc/qrunner/lists' }), /^\/etc\/qrunner\/qrunner\.yaml:12:9: /);
});

await t.test('a problem of the whole file has no key', async (t) => {
  t.match(formatProblem({ ...problem, line: 1, column: 1, path: '' }), /qrunner\.yaml:1:1: found/);
});

await t.test('colour only when asked for', async (t) => {
  const coloured = formatProblem(problem, { colour: true });
  t.ok(coloured.startsWith('\u001b[1m'));
  t.equal(stripVTControlCharacters(coloured), formatProblem(problem));
});

await t.test('nothing from a file reaches the terminal as a control', async (t) => {
  const evil = {
    ...problem,
    file: '/x/\u001b[2J.yaml',
    path: 'a\nb',
    message: 'found \u001b]0;x\u0007\u009b',
    fix: 'a\r\nb',
  };
  const text = formatProblem(evil);
  t.equal(text.split('\n').length, 2);
  t.notMatch(text.replace('\n', ''), /\p{Cc}/u);
});

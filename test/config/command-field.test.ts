import { chmodSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { command } from '../../lib/config/command-field.ts';
import { judged } from './mistakes.ts';

const base = t.testdir({ tool: '#!/bin/sh\n', plain: '' });
chmodSync(path.join(base, 'tool'), 0o755);
const judge = (data: unknown) => judged(command(base), data);

await t.test('a file to be started, and words', async (t) => {
  t.same(judge(['./tool', '-q', 'a b']), [path.join(base, 'tool'), '-q', 'a b']);
  t.same(judge(['/bin/sh']), ['/bin/sh']);
});

await t.test('what cannot be started', async (t) => {
  t.match(judge('tool -q'), [/\| write \[tool, -q\]; no shell takes it apart/]);
  t.match(judge([]), [/\| write \[COMMAND, ARGUMENT\]/]);
  t.match(judge(['sh']), [/^0: found "sh", wanted a path with a slash.*command -v sh/]);
  t.match(judge(['./plain']), [/^0: found ".*plain", which this user may not execute/]);
  t.match(judge(['/nowhere']), [/^0: .*does not exist/]);
  t.match(judge(['/bin/sh', 5]), [/^1: found 5, wanted a word of the command/]);
});

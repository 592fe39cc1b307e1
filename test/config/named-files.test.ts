import { chmodSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import {
  executableMistake,
  passwordFileMistake,
  readableMistake,
  shellWord,
} from '../../lib/config/named-files.ts';

const dir = t.testdir({ secret: 'x', 'it’s': 'x', tool: '#!/bin/sh\n', sub: {} });
const file = (name: string) => path.join(dir, name);

await t.test('words for a shell', async (t) => {
  t.equal(shellWord('/etc/a-b_c.d'), '/etc/a-b_c.d');
  t.equal(shellWord("a b's"), `'a b'\\''s'`);
  t.equal(shellWord(''), "''");
});

await t.test('a password file', async (t) => {
  for (const [mode, good] of [
    [0o600, true],
    [0o640, true],
    [0o644, false],
    [0o602, false],
  ] as const) {
    chmodSync(file('secret'), mode);
    t.equal(passwordFileMistake(file('secret')) === null, good, mode.toString(8));
  }
  chmodSync(file('secret'), 0o644);
  const mistake = passwordFileMistake(file('secret'));
  t.match(mistake?.message, /with mode 0644, wanted nothing allowed to others$/);
  t.equal(mistake?.fix, `chmod o-rwx ${file('secret')}`);
  t.match(passwordFileMistake(file('none'))?.message, /none", which does not exist/);
  t.match(passwordFileMistake(file('sub'))?.message, /sub", wanted a file/);
  t.match(passwordFileMistake(file('secret/x'))?.message, /ENOTDIR/);
});

await t.test('a command', async (t) => {
  chmodSync(file('tool'), 0o644);
  t.same(executableMistake(file('tool')), {
    message: `found ${JSON.stringify(file('tool'))}, which this user may not execute`,
    fix: `chmod +x ${file('tool')}`,
  });
  chmodSync(file('tool'), 0o755);
  t.equal(executableMistake(file('tool')), null);
  t.match(executableMistake(file('sub'))?.message, /wanted a file/);
});

await t.test('a file to read', async (t) => {
  t.equal(readableMistake(file('it’s')), null);
  t.match(readableMistake(file('none'))?.message, /does not exist/);
});

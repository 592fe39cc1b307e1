import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import t from 'tap';
import type { Call } from '../../lib/units/manager.ts';
import { verifyUnits } from '../../lib/units/verify.ts';

const FILES = [
  { kind: 'unit', name: 'a.path', text: '[Path]\n' },
  { kind: 'unit', name: 'a.service', text: '[Service]\n' },
  { kind: 'tmpfiles', name: 'a.conf', text: 'd /x\n' },
] as const;

await t.test('the units are laid side by side, looked at, and gone again', async (t) => {
  let directory = '';
  const asked: string[] = [];
  const call: Call = (program, args) => {
    const paths = args.filter((arg) => arg.startsWith('/'));
    directory = dirname(paths[0] ?? '');
    asked.push(
      program,
      ...args.filter((arg) => !arg.startsWith('/')),
      ...paths.map((path) => readFileSync(path, 'utf8')),
    );
    return { status: 0, out: '', err: '' };
  };
  t.same(verifyUnits(call, 'user', FILES), []);
  t.same(asked, ['systemd-analyze', '--user', 'verify', '--man=no', '[Path]\n', '[Service]\n']);
  t.ok(directory !== '' && !existsSync(directory));
});

const objecting: Call = (_program, args) => ({
  status: 0,
  out: '',
  err: `${args.at(-1)}:3: Unknown key name 'X' in section 'Service', ignoring.\n/lib/systemd/system/other.service:1: old\n`,
});

await t.test('any line about our units counts, whatever the exit status', async (t) => {
  t.same(verifyUnits(objecting, 'system', FILES), [
    "a.service:3: Unknown key name 'X' in section 'Service', ignoring.",
  ]);
});

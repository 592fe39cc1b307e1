import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { compareFiles } from '../../lib/units/compare.ts';
import { seal } from '../../lib/units/marker.ts';
import type { UnitFile } from '../../lib/units/plan.ts';
import { placesIn } from '../support/units-rig.ts';

const made = (name: string, text = '[Unit]\n', set = 'qrunner') =>
  seal(set, '# advice', `${text}# ${name}\n`);
const wanted = (...names: string[]): UnitFile[] =>
  names.map((name) => ({ kind: 'unit', name, text: made(name) }));

function states(t: Test, files: Readonly<Record<string, string>>, names: readonly string[]) {
  const dir = t.testdir({ system: { ...files } });
  return compareFiles('qrunner', wanted(...names), placesIn(dir)).map(({ name, state, byHand }) => {
    return `${name} ${state}${byHand ? ' by hand' : ''}`;
  });
}

await t.test('every state', async (t) => {
  const files = {
    'qrunner.path': made('qrunner.path'),
    'qrunner.service': made('qrunner.service', '[Service]\n'),
    'qrunner.timer': `${made('qrunner.timer')}# mine\n`,
    'qrunner.socket': '[Socket]\n',
    'qrunner-old.path': made('qrunner-old.path'),
    'qrunner-older.path': `${made('qrunner-older.path')}# mine\n`,
  };
  const names = ['qrunner.path', 'qrunner.service', 'qrunner.timer', 'qrunner.socket', 'qrunner.target'];
  t.same(states(t, files, names), [
    'qrunner.path same',
    'qrunner.service differs',
    'qrunner.timer changed by hand',
    'qrunner.socket foreign by hand',
    'qrunner.target missing',
    'qrunner-old.path stale',
    'qrunner-older.path stale by hand',
  ]);
});

await t.test('another set and other people’s files are not ours', async (t) => {
  const files = {
    'qrunner-two.path': made('x', '', 'qrunner-two'),
    'qrunner-mine.service': '[Service]\n',
    'other.path': made('other.path'),
  };
  t.same(states(t, files, []), []);
});

await t.test('drop-ins are not files of ours; nothing there is nothing', async (t) => {
  const dir = t.testdir({ system: { 'qrunner.service.d': { 'x.conf': made('x') } } });
  t.same(compareFiles('qrunner', [], placesIn(dir)), []);
  t.same(compareFiles('qrunner', [], placesIn(join(dir, 'none'))), []);
});

await t.test('a masked unit is somebody’s decision', async (t) => {
  const dir = t.testdir({ system: {} });
  symlinkSync('/dev/null', join(dir, 'system/qrunner.path'));
  t.match(compareFiles('qrunner', wanted('qrunner.path'), placesIn(dir)), [
    { state: 'foreign', byHand: true },
  ]);
});

await t.test('what cannot be read is told', async (t) => {
  const dir = t.testdir({ system: {} });
  mkdirSync(join(dir, 'system/qrunner.path'));
  t.throws(() => compareFiles('qrunner', wanted('qrunner.path'), placesIn(dir)), {
    message: /cannot read .*EISDIR/,
  });
  writeFileSync(join(dir, 'file'), '');
  t.throws(() => compareFiles('qrunner', [], { ...placesIn(dir), unit: join(dir, 'file') }), {
    message: /ENOTDIR/,
  });
});

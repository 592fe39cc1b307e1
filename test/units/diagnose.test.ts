import t from 'tap';
import type { Compared, FileState } from '../../lib/units/compare.ts';
import { diagnose, type Words } from '../../lib/units/diagnose.ts';
import type { UnitState } from '../../lib/units/unit-state.ts';

const WORDS: Words = { name: 'qrunner', manager: 'system', program: 'qrunner', options: '' };

function file(name: string, state: FileState): Compared {
  const found = state === 'missing' ? null : 'x';
  return {
    kind: 'unit',
    name,
    path: `/u/${name}`,
    state,
    found,
    wanted: state === 'stale' ? null : 'y',
    byHand: false,
  };
}

function unit(name: string, changes: Partial<UnitState> = {}): UnitState {
  const well = { load: 'loaded', active: 'active', sub: 'waiting', enabled: 'enabled', result: 'success' };
  return {
    name,
    ...well,
    status: null,
    endedAt: null,
    nextAt: null,
    outdated: false,
    dropIns: [],
    ...changes,
  };
}

/** `unit: what | mend` for each trouble. */
const told = (files: readonly Compared[], units: readonly UnitState[] = [], words: Partial<Words> = {}) =>
  diagnose(files, units, { ...WORDS, ...words }).map(({ unit, what, mend }) => `${unit}: ${what} | ${mend}`);

const PATH = file('qrunner.path', 'same');
const SERVICE = file('qrunner.service', 'same');

const ended = (result: string, status: number) =>
  told(
    [SERVICE],
    [unit('qrunner.service', { active: 'activating', enabled: 'static', result, status, endedAt: 1 })],
  );

await t.test('all is well', async (t) => {
  const service = unit('qrunner.service', { active: 'inactive', enabled: 'static', status: 0, endedAt: 1 });
  t.same(told([PATH, SERVICE], [unit('qrunner.path'), service]), []);
});

await t.test('files', async (t) => {
  t.same(told([file('qrunner.path', 'missing'), file('qrunner.service', 'missing')]), [
    'qrunner.target: nothing is installed | qrunner units install',
  ]);
  const states: FileState[] = ['missing', 'differs', 'changed', 'foreign', 'stale'];
  t.same(
    told([PATH, ...states.map((state) => file(`${state}.path`, state))], [], {
      program: 'qrunner -C /s',
      options: ' --user',
    }),
    [
      'missing.path: its file is missing | qrunner -C /s units install --user',
      'differs.path: its file is not what would be made now | qrunner -C /s units diff --user && qrunner -C /s units install --user',
      'changed.path: its file was changed by hand | qrunner -C /s units diff --user && qrunner -C /s units install --user --force',
      'foreign.path: its file was not written by qrunner | qrunner -C /s units diff --user && qrunner -C /s units install --user --force',
      'stale.path: it is not wanted any more | qrunner -C /s units install --user',
    ],
  );
});

await t.test('what waits for mail', async (t) => {
  const path = (changes: Partial<UnitState>) => told([PATH], [unit('qrunner.path', changes)]);
  t.same(path({ active: 'failed', result: 'unit-start-limit-hit' }), [
    'qrunner.path: it failed (unit-start-limit-hit) | systemctl reset-failed qrunner.path && systemctl start qrunner.path',
  ]);
  t.match(path({ active: 'inactive' }), [/nothing comes by it \| systemctl start qrunner\.target$/]);
  t.match(path({ enabled: 'disabled' }), [/not start at boot \| systemctl enable qrunner\.path$/]);
  t.match(path({ outdated: true }), [/not read its file \| systemctl daemon-reload$/]);
  t.match(path({ load: 'masked', active: 'inactive' }), [/it is masked \| systemctl unmask qrunner\.path$/]);
  t.same(
    told([file('old.path', 'stale'), PATH], [unit('old.path', { active: 'inactive' })]).length,
    1,
    'what goes is not mended',
  );
});

await t.test('how a service ended', async (t) => {
  t.match(ended('exit-code', 75), [
    /ended with 75: trouble that may pass.*\| journalctl -u qrunner\.service -n 20$/,
  ]);
  t.match(ended('exit-code', 78), [/the configuration is wrong \| qrunner check$/]);
  t.match(ended('exit-code', 203), [/cannot be started.*\| journalctl .* && qrunner units install$/]);
  t.match(ended('exit-code', 217), [/its user does not exist/]);
  t.match(ended('exit-code', 243), [/a credential cannot be read/]);
  t.match(ended('exit-code', 99), [/ended with 99 \| journalctl/]);
  t.match(ended('timeout', 15), [/ended by timeout \| journalctl/]);
});

await t.test('a user’s commands', async (t) => {
  t.match(told([PATH], [unit('qrunner.path', { active: 'inactive' })], { manager: 'user' }), [
    /systemctl --user start/,
  ]);
});

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { compareFiles } from '../../lib/units/compare.ts';
import { generateFiles } from '../../lib/units/generate.ts';
import { removeUnits } from '../../lib/units/uninstall.ts';
import { applyFiles } from '../../lib/units/write-files.ts';
import { fakeManager, placesIn, unitPlan } from '../support/units-rig.ts';

/** A directory with units and a drop-in. */
function installed(t: Test): string {
  const dir = t.testdir({});
  applyFiles(compareFiles('qrunner', generateFiles(unitPlan()), placesIn(dir)), false);
  mkdirSync(join(dir, 'system/qrunner.service.d'));
  writeFileSync(join(dir, 'system/qrunner.service.d/mine.conf'), '[Service]\nNice=5\n');
  return dir;
}

function remove(dir: string, { force = false, answers = {}, files = false } = {}) {
  const { call, calls } = fakeManager(answers);
  const told: string[] = [];
  const compared = compareFiles('qrunner', [], placesIn(dir));
  const wrong = removeUnits({
    manager: 'system',
    compared,
    force,
    call: files ? null : call,
    tell: (words) => told.push(words),
  });
  return { calls, told, wrong };
}

await t.test('stopped in one call, disabled, gone; the drop-in stays', async (t) => {
  const dir = installed(t);
  const { calls, told, wrong } = remove(dir);
  t.same(wrong, []);
  t.same(
    calls.map((line) => line.split(' ').slice(0, 2).join(' ')),
    ['systemctl stop', 'systemctl disable', 'systemctl daemon-reload', 'systemctl reset-failed'],
  );
  for (const unit of [
    'qrunner.path',
    'qrunner.service',
    'qrunner-sweep.timer',
    'qrunner-lmtp.socket',
    'qrunner.target',
  ])
    t.ok(calls[0]?.split(' ').includes(unit), unit);
  t.notMatch(calls[1], /\.service/);
  t.same(readdirSync(join(dir, 'system')), ['qrunner.service.d']);
  t.same(readdirSync(join(dir, 'sysusers.d')), []);
  t.ok(told.some((words) => words.startsWith('left the drop-ins in')));
});

await t.test('a file that was changed stays, unless it is to go', async (t) => {
  const dir = installed(t);
  const path = join(dir, 'system/qrunner.path');
  writeFileSync(path, `${generateFiles(unitPlan())[2]?.text}# mine\n`);
  t.ok(remove(dir).told.some((words) => words.startsWith(`kept ${path}`)));
  t.ok(existsSync(path));
  remove(dir, { force: true });
  t.notOk(existsSync(path));
});

await t.test('trouble with systemd is told, and the files go all the same', async (t) => {
  const dir = installed(t);
  const { wrong } = remove(dir, { answers: { 'systemctl stop': { status: 1, err: 'no\n' } } });
  t.same(wrong, ['systemctl stop: no']);
  t.notOk(existsSync(join(dir, 'system/qrunner.path')));
});

await t.test('a packager’s directory: files only', async (t) => {
  const dir = installed(t);
  t.same(remove(dir, { files: true }).calls, []);
  t.same(readdirSync(join(dir, 'system')), ['qrunner.service.d']);
});

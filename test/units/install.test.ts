import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { compareFiles } from '../../lib/units/compare.ts';
import { generateFiles } from '../../lib/units/generate.ts';
import { installUnits } from '../../lib/units/install.ts';
import type { UnitPlan } from '../../lib/units/plan.ts';
import { siteSettings } from '../support/settings.ts';
import { fakeManager, placesIn, unitPlan } from '../support/units-rig.ts';

const ACTIVE = {
  'systemctl is-active': { out: 'active\n' },
  'systemctl --user is-active': { out: 'active\n' },
};

/** Installs into the directory; what systemd was asked, without the questions, and what was told. */
function install(dir: string, plan: UnitPlan, answers = {}, force = false) {
  const { call, calls } = fakeManager({ ...answers, ...ACTIVE });
  const told: string[] = [];
  const files = generateFiles(plan);
  const compared = compareFiles(plan.name, files, placesIn(dir));
  const wrong = installUnits({ plan, files, compared, force, call, tell: (words) => told.push(words) });
  const orders = calls
    .filter((line) => !/is-active|verify|show/.test(line))
    .map((line) => line.replaceAll(`${dir}/`, ''));
  return { orders, told, wrong };
}

const ALL = 'qrunner.target qrunner.path qrunner-sweep.timer qrunner-periodic.timer qrunner-lmtp.socket';

/** A directory with the units of the plan. */
function installed(t: Test, plan = unitPlan()): string {
  const dir = t.testdir({});
  install(dir, plan);
  return dir;
}

await t.test('the first time', async (t) => {
  const dir = t.testdir({});
  const { orders, told, wrong } = install(dir, unitPlan());
  t.same(orders, [
    'systemd-sysusers sysusers.d/qrunner.conf',
    'systemd-tmpfiles --create tmpfiles.d/qrunner.conf',
    'systemctl daemon-reload',
    `systemctl enable ${ALL}`,
    `systemctl start ${ALL}`,
    'systemctl start --no-block qrunner.service',
  ]);
  t.ok(existsSync(join(dir, 'system/qrunner.path')));
  t.match(told.at(-2), /^enabled and started qrunner\.target/);
  t.equal(told.at(-1), 'started a run');
  t.same(wrong, []);
});

await t.test('again: only what changes is stopped, and nothing that works on mail', async (t) => {
  const dir = installed(t);
  t.notMatch(install(dir, unitPlan()).orders.join('\n'), /stop/);
  const { systemd } = siteSettings('/srv/lists');
  const sooner = unitPlan({}, { systemd: { ...systemd, sweepMs: 60_000 } });
  t.equal(install(dir, sooner).orders[0], 'systemctl stop qrunner-sweep.timer');
  const group = unitPlan({}, { systemd: { ...systemd, sweepMs: 60_000, lmtpGroup: 'mail' } });
  t.equal(
    install(dir, group).orders[0],
    'systemctl stop qrunner-lmtp.socket qrunner-lmtp.service',
    'a socket with its service',
  );
});

await t.test('another shape: what is not wanted goes', async (t) => {
  const dir = installed(t);
  const { orders } = install(dir, unitPlan({ shape: 'per-queue' }));
  t.same(orders.slice(0, 2), ['systemctl stop qrunner.path', 'systemctl disable qrunner.path']);
  t.notOk(existsSync(join(dir, 'system/qrunner.path')));
  t.ok(existsSync(join(dir, 'system/qrunner-queue-in.path')));
});

await t.test('a service that waits for its next try is tried at once', async (t) => {
  const dir = installed(t);
  const show = { out: 'Id=qrunner.service\nLoadState=loaded\nSubState=auto-restart\n' };
  t.equal(install(dir, unitPlan(), { 'systemctl show': show }).orders[0], 'systemctl stop qrunner.service');
});

await t.test('nothing is changed when a unit is wrong or a file is not ours', async (t) => {
  const dir = t.testdir({ system: { 'qrunner.path': '[Path]\n' } });
  t.throws(() => install(dir, unitPlan()), { message: /nothing was written.*not written by qrunner/ });
  const verify = { 'systemd-analyze verify': { err: 'qrunner.service: Command /x is not executable\n' } };
  t.throws(() => install(dir, unitPlan(), verify, true), {
    message: /nothing was written.*\/x is not executable/,
  });
  t.notOk(existsSync(join(dir, 'system/qrunner.service')));
});

await t.test('what systemd says goes to the reader', async (t) => {
  const bad = { status: 1, err: 'Failed to enable unit:\n  it is masked\n' };
  t.throws(() => install(t.testdir({}), unitPlan(), { 'systemctl enable': bad }), {
    message: 'cannot enable the units: Failed to enable unit:; it is masked',
  });
});

await t.test('what does not run afterwards is told', async (t) => {
  const { wrong } = install(t.testdir({}), unitPlan(), {
    'systemctl is-active qrunner.path': { out: 'failed\n' },
  });
  t.same(wrong, ['qrunner.path is not active: qrunner units status --name qrunner says why']);
});

await t.test('a user’s: no user, no tmpfiles, the directories made, and his', async (t) => {
  const dir = t.testdir({ file: '' });
  const at = join(dir, 'site');
  const plan = unitPlan({ manager: 'user', site: siteSettings(at) });
  const { orders } = install(dir, plan);
  t.equal(orders[0], 'systemctl --user daemon-reload');
  for (const name of ['spool', 'state', 'mail']) t.ok(existsSync(join(at, name)), name);
  writeFileSync(join(dir, 'file'), '');
  const other = unitPlan({ manager: 'user', site: siteSettings(join(dir, 'file')) });
  t.throws(() => install(dir, other), { message: /cannot use .*file\/spool.*site of this user/ });
});

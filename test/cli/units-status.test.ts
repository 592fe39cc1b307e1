import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { callMain, privateEnv, siteFiles } from '../support/site-rig.ts';

/** A site whose user has a systemd that says this of its units. */
function rig(t: Test, shown: string) {
  const dir = t.testdir({ ...siteFiles(), bin: {}, runtime: { systemd: { private: '' } } });
  writeFileSync(join(dir, 'shown'), shown);
  const script = `#!/bin/sh\ncase "$*" in *is-active*) echo active;; *show*) cat ${dir}/shown;; esac\n`;
  for (const name of ['systemctl', 'systemd-analyze', 'loginctl'])
    writeFileSync(join(dir, 'bin', name), script, { mode: 0o755 });
  const env = { ...privateEnv(dir), PATH: `${dir}/bin:/usr/bin:/bin`, XDG_RUNTIME_DIR: join(dir, 'runtime') };
  const call = (...args: string[]) => callMain(['--config', dir, ...args, '--user'], env);
  return { dir, call };
}

const GOOD = ['qrunner.target', 'qrunner.path', 'qrunner-sweep.timer']
  .map(
    (id) =>
      `Id=${id}\nLoadState=loaded\nActiveState=active\nSubState=waiting\nUnitFileState=enabled\nResult=success\n`,
  )
  .join('\n');

const BROKEN = `Id=qrunner.service
LoadState=loaded
ActiveState=activating
SubState=auto-restart
UnitFileState=static
Result=exit-code
ExecMainStatus=78
ExecMainExitTimestamp=Tue 2026-11-24 19:59:00 UTC
`;

await t.test('nothing is installed', async (t) => {
  const { call, dir } = rig(t, GOOD);
  t.same(await call('units', 'status'), {
    status: 75,
    out: `qrunner.target: nothing is installed\n    qrunner --config ${dir} units install --user\n`,
    err: '',
  });
});

await t.test('all is well', async (t) => {
  const { call } = rig(t, GOOD);
  await call('units', 'install');
  const { status, out } = await call('units', 'status');
  t.equal(status, 0, out);
  t.match(out, /^unit +file +state +boot +last +next\n/);
  t.match(out, /^qrunner\.path +same +active \(waiting\) +enabled /m);
  t.match(out, /^Nothing is wrong\.$/m);
});

await t.test('what is wrong, with the command that mends it', async (t) => {
  const { call, dir } = rig(t, `${GOOD}\n${BROKEN}`);
  await call('units', 'install');
  writeFileSync(join(dir, 'home/.config/systemd/user/qrunner.path'), '[Path]\n');
  const { status, out } = await call('units', 'status');
  t.equal(status, 75);
  t.match(out, /^qrunner\.service +same +activating \(auto-restart\) +- +status 78, /m);
  t.match(
    out,
    `qrunner.service: its last run ended with 78: the configuration is wrong\n    qrunner --config ${dir} check\n`,
  );
  t.match(out, 'qrunner.path: its file was not written by qrunner\n');
  const json = JSON.parse((await call('--json', 'units', 'status')).out);
  t.match(json, { name: 'qrunner', manager: 'user', shape: 'single' });
  t.equal(json.troubles.length, 2);
  t.match(
    json.units.find(({ name }: { name: string }) => name === 'qrunner.service'),
    { status: 78, sub: 'auto-restart' },
  );
  t.match(
    json.files.find(({ path }: { path: string }) => path.endsWith('/qrunner.path')),
    { state: 'foreign' },
  );
});

await t.test('what is wrong in the same way is said once', async (t) => {
  const { call, dir } = rig(t, GOOD);
  await call('units', 'install');
  mkdirSync(join(dir, 'home/.config/systemd/user'), { recursive: true });
  writeFileSync(
    join(dir, 'qrunner.yaml'),
    `${siteFiles()['qrunner.yaml']}owner: eva@example.org\n`.replace(/owner: ada.*\n/, ''),
  );
  const { out } = await call('units', 'status', '--exec', '/bin/true');
  t.equal(out.match(/its file is not what would be made now/g)?.length, 1);
  t.match(out, /^qrunner\.target, qrunner\.service, .*: its file is not/m);
});

await t.test('no systemd', async (t) => {
  const { dir } = rig(t, GOOD);
  const { status, out } = await callMain(['--config', dir, 'units', 'status', '--user'], privateEnv(dir));
  t.equal(status, 75);
  t.match(out, /no systemd of this user can be reached/);
});

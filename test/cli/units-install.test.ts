import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { callMain, privateEnv, siteFiles } from '../support/site-rig.ts';

function rig(t: Test) {
  const dir = t.testdir({ ...siteFiles(), root: {}, runtime: {} });
  const call = (...args: string[]) => callMain(['--config', dir, 'units', ...args], privateEnv(dir));
  const packaged = (command: string, ...args: string[]) =>
    call(command, '--root', join(dir, 'root'), ...args);
  return { dir, call, packaged, at: join(dir, 'root/usr/lib') };
}

await t.test('a packager’s directory: shown, then written, and systemd is not called', async (t) => {
  const { packaged, at } = rig(t);
  const { status, out } = await packaged('install');
  t.equal(status, 0);
  t.match(out, /^\+DirectoryNotEmpty=/m);
  t.match(out, /^wrote .*usr\/lib\/tmpfiles\.d\/qrunner\.conf$/m);
  for (const [place, count] of [
    ['systemd/system', 8],
    ['sysusers.d', 1],
    ['tmpfiles.d', 1],
  ] as const)
    t.equal(readdirSync(join(at, place)).length, count, place);
  t.equal(statSync(join(at, 'systemd/system/qrunner.path')).mode & 0o777, 0o644);
  t.match(await packaged('install'), { status: 0, out: 'No file differs.\n' });
});

await t.test('--dry-run changes nothing', async (t) => {
  const { packaged, call, dir, at } = rig(t);
  t.match(await packaged('install', '--dry-run'), {
    status: 0,
    out: /Nothing was changed \(--dry-run\)\.\n$/,
  });
  t.match(await call('install', '--dry-run', '--name', 'never'), { status: 0 }, 'nor does it need a systemd');
  t.same(readdirSync(join(dir, 'root')), []);
  await packaged('install');
  const { out } = await packaged('remove', '--dry-run');
  t.match(out, /^would remove .*qrunner\.path$/m);
  t.equal(readdirSync(join(at, 'systemd/system')).length, 8);
});

await t.test('an upgrade: changed units are replaced, drop-ins and changed files stay', async (t) => {
  const { dir, packaged, at } = rig(t);
  await packaged('install');
  const unit = (name: string) => join(at, 'systemd/system', name);
  mkdirSync(unit('qrunner.service.d'));
  writeFileSync(unit('qrunner.service.d/mine.conf'), '[Service]\nNice=5\n');
  appendFileSync(join(dir, 'qrunner.yaml'), 'systemd: { sweep: 1m, user: lists }\n');
  t.match(await packaged('install'), { status: 0, out: /^changed .*qrunner\.service$/m });
  t.match(readFileSync(unit('qrunner.service'), 'utf8'), /^User=lists$/m);
  appendFileSync(unit('qrunner-sweep.timer'), '# mine\n');
  const refused = await packaged('install');
  t.match(refused, { status: 64, out: /^-# mine$/m, err: /qrunner-sweep\.timer \(changed by hand\)/ });
  t.match(readFileSync(unit('qrunner-sweep.timer'), 'utf8'), /# mine\n$/);
  t.match(await packaged('install', '--force'), { status: 0 });
  t.match(readFileSync(unit('qrunner.service.d/mine.conf'), 'utf8'), 'Nice=5');
});

await t.test('remove: ours, and only ours', async (t) => {
  const { packaged, at } = rig(t);
  const unit = (name: string) => join(at, 'systemd/system', name);
  await packaged('install');
  await packaged('install', '--name', 'qrunner-two');
  appendFileSync(unit('qrunner.path'), '# mine\n');
  writeFileSync(unit('qrunner-mine.service'), '[Service]\n');
  const { status, out } = await packaged('remove');
  t.equal(status, 0);
  t.match(out, /^kept .*qrunner\.path, which was changed by hand: --force removes it$/m);
  t.match(out, /all mail are left as they are\.$/m);
  t.same(
    readdirSync(join(at, 'systemd/system')).filter((name) => !name.startsWith('qrunner-two')),
    ['qrunner-mine.service', 'qrunner.path'],
  );
  t.equal(readdirSync(join(at, 'systemd/system')).length, 10, 'the other set is there');
  t.match(await packaged('remove', '--force'), { out: /^removed .*qrunner\.path$/m });
  t.notOk(existsSync(unit('qrunner.path')));
});

await t.test('no systemd to talk to: what to do instead, and nothing is written', async (t) => {
  const { call, dir } = rig(t);
  const { status, err } = await call('install', '--user');
  t.equal(status, 70);
  t.match(err, /no systemd of this user can be reached: XDG_RUNTIME_DIR is not set.*--root DIR/);
  t.notOk(existsSync(join(dir, 'home/.config/systemd')));
  const booted = existsSync('/run/systemd/system');
  await t.test('of the system', { skip: booted ? 'systemd runs on this computer' : false }, async (t) => {
    t.match(await call('install'), {
      status: 70,
      err: /systemd does not run on this computer.*--root DIR.*cron/,
    });
  });
});

/** Programs of systemd that note how they were called. */
function fakeSystemd(dir: string): NodeJS.ProcessEnv {
  mkdirSync(join(dir, 'bin'));
  mkdirSync(join(dir, 'runtime/systemd'));
  writeFileSync(join(dir, 'runtime/systemd/private'), '');
  const script = `#!/bin/sh\necho "\${0##*/} $*" >>${dir}/calls\ncase "$*" in *is-active*) echo active;; esac\n`;
  for (const name of ['systemctl', 'systemd-analyze', 'loginctl'])
    writeFileSync(join(dir, 'bin', name), script, { mode: 0o755 });
  return {
    ...privateEnv(dir),
    PATH: `${join(dir, 'bin')}:/usr/bin:/bin`,
    XDG_RUNTIME_DIR: join(dir, 'runtime'),
  };
}

await t.test('a user’s own, from installing to removing', async (t) => {
  const { dir } = rig(t);
  const env = fakeSystemd(dir);
  const units = (...args: string[]) => callMain(['--config', dir, 'units', ...args, '--user'], env);
  const calls = () => readFileSync(join(dir, 'calls'), 'utf8');
  const installed = await units('install');
  t.equal(installed.status, 0, installed.err);
  t.match(installed.out, /^enabled and started qrunner\.target/m);
  t.match(installed.out, /loginctl enable-linger/);
  t.match(calls(), /^systemd-analyze --user verify/);
  t.match(calls(), /^systemctl --user start qrunner\.target/m);
  t.equal(readdirSync(join(dir, 'home/.config/systemd/user')).length, 8);
  const removed = await units('remove');
  t.equal(removed.status, 0, removed.err);
  t.match(calls(), /^systemctl --user disable /m);
  t.same(readdirSync(join(dir, 'home/.config/systemd/user')), []);
});

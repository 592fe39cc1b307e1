import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { callMain, privateEnv, siteFiles } from '../support/site-rig.ts';

function rig(t: Test) {
  const dir = t.testdir({ ...siteFiles(), root: {} });
  const at = ['--root', join(dir, 'root')];
  const call = (args: readonly string[], tty = false) =>
    callMain(['--config', dir, ...args], privateEnv(dir), '', tty);
  return { dir, call, at, file: join(dir, 'root/usr/lib/systemd/system/qrunner-sweep.timer') };
}

await t.test('print: each file under its path', async (t) => {
  const { call } = rig(t);
  const { out, status } = await call(['units', 'print']);
  t.equal(status, 0);
  const paths = [...out.matchAll(/^# (\/etc\/\S+)\n# Made by/gm)].map(([, path]) => path);
  t.equal(paths.length, 10);
  t.ok(paths.includes('/etc/systemd/system/qrunner.path') && paths.includes('/etc/tmpfiles.d/qrunner.conf'));
  const rows = JSON.parse((await call(['--json', 'units', 'print'])).out);
  t.same(
    rows.map(({ path }: { path: string }) => path),
    paths,
  );
});

await t.test('diff: what differs, in colour on a terminal', async (t) => {
  const { call, at, file, dir } = rig(t);
  await call(['units', 'install', ...at]);
  t.equal((await call(['units', 'diff', ...at])).out, 'Nothing differs.\n');
  appendFileSync(join(dir, 'qrunner.yaml'), 'systemd: { sweep: 1m }\n');
  const plain = (await call(['units', 'diff', ...at])).out;
  t.match(plain, /^--- .*qrunner-sweep\.timer\n\+\+\+ .*qrunner-sweep\.timer\n@@ /);
  t.match(plain, /^-OnUnitInactiveSec=300s\n\+OnActiveSec=60s\n\+OnUnitInactiveSec=60s$/m);
  t.notMatch(plain, '\u001b');
  t.match((await call(['units', 'diff', ...at], true)).out, '\u001b');
  const rows = JSON.parse((await call(['--json', 'units', 'diff', ...at])).out);
  t.match(
    rows.find(({ path }: { path: string }) => path === file),
    { state: 'differs', diff: /60s/ },
  );
});

await t.test('what lies there cannot write to the terminal', async (t) => {
  const { call, at, file } = rig(t);
  await call(['units', 'install', ...at]);
  writeFileSync(file, `${readFileSync(file, 'utf8')}# \u001b[2J\n`);
  const { out } = await call(['units', 'diff', ...at]);
  t.match(out, '-# \\x1b[2J');
  t.notMatch(out, '\u001b');
});

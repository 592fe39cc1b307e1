import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { callMain, privateEnv, siteFiles } from '../support/site-rig.ts';
import { valuesOf } from '../support/units-rig.ts';

/** A site, and `qrunner units` on it. */
function rig(t: Test, site = '') {
  const dir = t.testdir({ ...siteFiles({ site }), root: {} });
  const root = join(dir, 'root');
  const units = (...args: string[]) => callMain(['--config', dir, 'units', ...args], privateEnv(dir));
  return { dir, root, units };
}

await t.test('a name that units cannot have', async (t) => {
  const { units } = rig(t);
  for (const name of ['A', 'a@b', '../x'])
    t.match(await units('print', '--name', name), { status: 64, err: /cannot use the name/ }, name);
  t.match(await units('remove', '--name', 'A'), { status: 64 });
});

await t.test('the program', async (t) => {
  const { units, dir } = rig(t);
  const starts = async (...args: string[]) =>
    valuesOf((await units('print', ...args)).out, 'ExecStart')[0] ?? '';
  t.ok(
    (await starts()).startsWith(`${process.execPath} ${realpathSync(process.argv[1] ?? '')} --config ${dir}`),
  );
  t.match(await starts('--exec', '/bin/true'), /^\/bin\/true --config /);
  t.match(await units('print', '--exec', 'qrunner'), { status: 64, err: /wanted an absolute path/ });
  t.match(await units('print', '--exec', '/nowhere/q'), { status: 64, err: /ENOENT/ });
  t.match(
    await starts('--exec', '/nowhere/q', '--root', '/pkg'),
    /^\/nowhere\/q /,
    'a package is for another computer',
  );
});

await t.test('how units were made is kept', async (t) => {
  const { units, root } = rig(t);
  const at = ['--root', root];
  t.equal((await units('install', ...at, '--per-queue', '--exec', '/bin/true')).status, 0);
  t.equal((await units('diff', ...at)).out, 'Nothing differs.\n');
  t.match(
    (await units('diff', ...at, '--no-per-queue')).out,
    /^--- .*qrunner-queue-in\.path\n\+\+\+ \/dev\/null$/m,
  );
  t.match((await units('diff', ...at, '--exec', '/bin/false')).out, /^\+ExecStart=\/bin\/false/m);
});

await t.test('links are followed before something is hidden', async (t) => {
  const { dir, units } = rig(t, 'systemd: { lmtp: false }\n');
  const away = join('/var/tmp', `qrunner-units-${process.pid}`);
  mkdirSync(away);
  t.teardown(() => import('node:fs').then(({ rmdirSync }) => rmdirSync(away)));
  symlinkSync(away, join(dir, 'spool'));
  const { out } = await units('print');
  t.match(valuesOf(out, 'PrivateTmp')[0], 'no');
});

import { join } from 'node:path';
import t from 'tap';
import { callsWith, managerProblem, systemctl } from '../../lib/units/manager.ts';
import { fakeManager } from '../support/units-rig.ts';

await t.test('a program is run without colours, in UTC and plain English', async (t) => {
  const { status, out, err } = callsWith({ PATH: '/usr/bin:/bin' })('sh', [
    '-c',
    'echo $TZ $LC_ALL $SYSTEMD_COLORS; echo no >&2; exit 3',
  ]);
  t.same({ status, out, err }, { status: 3, out: 'UTC C.UTF-8 0\n', err: 'no\n' });
});

await t.test('one that is not there is told', async (t) => {
  t.throws(() => callsWith({ PATH: '/nowhere' })('systemctl', []), {
    message: /^cannot run systemctl: .*ENOENT/,
  });
});

await t.test('whose manager', async (t) => {
  const { call, calls } = fakeManager();
  systemctl(call, 'system', ['start', 'x']);
  systemctl(call, 'user', ['start', 'x']);
  t.same(calls, ['systemctl start x', 'systemctl --user start x']);
});

await t.test('no manager: what to do instead', async (t) => {
  t.match(managerProblem('user', {}), /XDG_RUNTIME_DIR is not set.*--root DIR/);
  const dir = t.testdir({ systemd: { private: '' } });
  t.equal(managerProblem('user', { XDG_RUNTIME_DIR: dir }), null);
  t.match(managerProblem('user', { XDG_RUNTIME_DIR: join(dir, 'none') }), /enable-linger/);
});

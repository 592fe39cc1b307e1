import t from 'tap';
import {
  isActivator,
  lmtpSocket,
  neededPaths,
  queuesOf,
  someBelow,
  UNIT_NAME,
  writablePaths,
} from '../../lib/units/plan.ts';
import { serverSettings, siteSettings } from '../support/settings.ts';
import { unitPlan } from '../support/units-rig.ts';

await t.test('names', async (t) => {
  for (const name of ['qrunner', 'lists-2', 'a']) t.match(name, UNIT_NAME);
  for (const name of ['', 'Q', '2a', 'a@b', 'a/b', 'a b', 'a.b', '-a', 'a'.repeat(65)])
    t.notMatch(name, UNIT_NAME);
  t.same(['a.path', 'a.service', 'a.timer', 'a.socket', 'a.target', 'a.conf'].filter(isActivator), [
    'a.path',
    'a.timer',
    'a.socket',
    'a.target',
  ]);
});

await t.test('queues: ours, then the site’s own', async (t) => {
  const queues = { chat: { kind: 'module', path: '/x.js' } } as const;
  t.same(queuesOf(siteSettings('/s', { queues })).slice(-2), ['out', 'chat']);
});

await t.test('what is written to: nothing twice, and each queue only its own', async (t) => {
  const site = siteSettings('/s', { archive: '/archive' });
  t.same(writablePaths(site, null), ['/s/spool', '/s/state', '/archive', '/s/mail']);
  t.same(writablePaths(site, 'in'), ['/s/spool', '/s/state']);
  t.same(writablePaths(site, 'archive'), ['/s/spool', '/s/state', '/archive']);
  t.same(writablePaths(site, 'out'), ['/s/spool', '/s/state', '/s/mail']);
  const below = siteSettings('/s', { archive: '/s/state/archive', spool: '/s/state-spool' });
  t.same(writablePaths(below, 'archive'), ['/s/state-spool', '/s/state'], 'a like beginning is not below');
});

await t.test('what must be seen, links followed', async (t) => {
  const queues = {
    chat: { kind: 'module', path: '/m.js' },
    hook: { kind: 'exec', command: ['/bin/hook', '/no'], timeoutMs: 1 },
  } as const;
  const auth = { user: 'u', passwordFile: 'credential:smtp' };
  const news = {
    host: 'n',
    port: 119,
    tls: 'never',
    auth: { ...auth, passwordFile: '/secret' },
    timeoutMs: 1,
  } as const;
  const transport = serverSettings({ type: 'lmtp', socket: '/run/mta', auth });
  const { auth: _, timeouts: _none, ...destination } = transport;
  const routes = {
    'a.example': serverSettings({ socket: '/run/other', auth: { ...auth, passwordFile: '/route-secret' } }),
    'b.example': { ...destination, type: 'sendmail', command: ['/usr/lib/send', '-x'], timeoutMs: 1 },
    '.c.example': { type: 'maildir', path: '/srv/c' },
  } as const;
  const plan = unitPlan(
    { realPath: (path) => (path === '/srv/lists/spool' ? '/home/spool' : path) },
    { queues, news, transport, routes },
  );
  const paths = neededPaths(plan);
  for (const path of [
    '/run/mta',
    '/run/other',
    '/route-secret',
    '/usr/lib/send',
    '/srv/c',
    '/secret',
    '/m.js',
    '/bin/hook',
    '/home/spool',
    '/usr/bin/node',
    '/srv/lists/lists',
  ])
    t.ok(paths.includes(path), path);
  t.notOk(paths.some((path) => path.includes('credential') || path === '/no'));
});

await t.test('below', async (t) => {
  t.ok(someBelow(['/home/a'], ['/root', '/home']));
  t.ok(someBelow(['/home'], ['/home']));
  t.notOk(someBelow(['/homes/a', '/'], ['/home']));
  t.ok(someBelow(['/home/..a'], ['/home']), 'a name that begins with dots');
});

await t.test('the LMTP socket', async (t) => {
  const { systemd } = siteSettings('/s');
  t.equal(lmtpSocket(unitPlan({ name: 'a' })), '%t/a/lmtp.sock');
  t.equal(lmtpSocket(unitPlan({}, { systemd: { ...systemd, lmtpSocket: '/run/50%' } })), '/run/50%%');
  t.equal(lmtpSocket(unitPlan({}, { systemd: { ...systemd, lmtp: false } })), null);
});

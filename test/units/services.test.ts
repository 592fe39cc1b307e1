import t from 'tap';
import { lmtpService, periodicService, queueService, wholeRunService } from '../../lib/units/services.ts';
import { SMTP, unitPlan, valuesOf } from '../support/units-rig.ts';

const plan = unitPlan();
const run = wholeRunService(plan, ['qrunner']);
const perQueue = unitPlan({ shape: 'per-queue' });
const queue = (name: string, site = {}) =>
  queueService(unitPlan({ shape: 'per-queue' }, site), name, `qrunner-queue-${name}`);
const services = {
  run,
  sweep: wholeRunService(perQueue, ['qrunner-queue-in']),
  queue: queue('in'),
  lmtp: lmtpService(plan),
  periodic: periodicService(plan),
};

const loaded = (text: string) => valuesOf(text, 'LoadCredential');

await t.test('what would make systemd spin or give up is in none', async (t) => {
  for (const [name, text] of Object.entries(services)) {
    t.notMatch(text, /^(Condition|Assert|ExecCondition|RestartPreventExitStatus|SuccessExitStatus)/m, name);
    t.same(valuesOf(text, 'PartOf'), ['qrunner.target'], name);
    t.same(valuesOf(text, 'TimeoutStopSec'), ['45s'], name);
    t.same(valuesOf(text, 'User'), ['list'], name);
  }
});

await t.test('what a path unit, a socket or a sweep starts is paced and never refused', async (t) => {
  for (const name of ['run', 'sweep', 'queue', 'lmtp'] as const) {
    t.same(valuesOf(services[name], 'StartLimitIntervalSec'), ['0'], name);
    t.same(valuesOf(services[name], 'Restart'), ['on-failure'], name);
    t.match(valuesOf(services[name], 'RestartSec')[0], /^\d+s$/, name);
  }
  for (const name of ['run', 'sweep', 'queue', 'periodic'] as const) {
    t.same(valuesOf(services[name], 'Type'), ['oneshot'], name);
    t.match(valuesOf(services[name], 'TimeoutStartSec')[0], /^\d+h$/, `${name} has an end`);
  }
});

await t.test('a run', async (t) => {
  t.same(valuesOf(run, 'ExecStart'), [
    '/usr/bin/node /opt/qrunner/qrunner.cjs --config /srv/lists/qrunner.yaml --all --once --wait=10m',
  ]);
  t.same(valuesOf(run, 'Wants'), ['qrunner.path'], 'arms a path unit that failed');
  t.same(valuesOf(run, 'KillMode'), ['mixed']);
  t.same(valuesOf(run, 'ReadWritePaths'), ['-/srv/lists/spool -/srv/lists/state']);
  t.same(valuesOf(run, 'RequiresMountsFor'), ['/srv/lists/spool /srv/lists/state']);
  t.same(valuesOf(run, 'CacheDirectory'), ['qrunner']);
});

await t.test('with a path unit per queue the sweep leaves a busy queue to its run', async (t) => {
  t.match(valuesOf(services.sweep, 'ExecStart')[0], / --all --once$/);
  t.same(valuesOf(services.sweep, 'Wants'), ['qrunner-queue-in.path']);
  t.match(valuesOf(services.queue, 'ExecStart')[0], / --runner in --once --wait=10m$/);
  t.same(valuesOf(services.queue, 'Wants'), ['qrunner-queue-in.path']);
});

await t.test('only who delivers has a network', async (t) => {
  const chat = { queues: { chat: { kind: 'exec', command: ['/bin/chat'], timeoutMs: 1 } } } as const;
  for (const name of ['out', 'news']) t.notMatch(queue(name), /^PrivateNetwork/m, name);
  t.notMatch(queue('chat', chat), /^PrivateNetwork/m, 'a queue of one’s own');
  for (const name of ['in', 'commands', 'bounces', 'archive', 'virgin', 'retry'])
    t.match(queue(name), /^PrivateNetwork=yes$/m, name);
  t.notMatch(run, /^PrivateNetwork/m);
  for (const name of ['lmtp', 'periodic'] as const) t.match(services[name], /^PrivateNetwork=yes$/m, name);
});

await t.test('credentials go only to who needs them', async (t) => {
  const auth = { user: 'u', passwordFile: 'credential:smtp' };
  const site = {
    transport: { ...SMTP, auth },
    news: {
      host: 'n',
      port: 563,
      tls: 'implicit',
      auth: { ...auth, passwordFile: 'credential:nntp' },
      timeoutMs: 1,
    },
  } as const;
  t.same(loaded(wholeRunService(unitPlan({}, site), [])), [
    'smtp:%E/credstore/smtp',
    'nntp:%E/credstore/nntp',
  ]);
  t.same(loaded(queue('out', site)), ['smtp:%E/credstore/smtp']);
  const routes = { 'a.example': { ...SMTP, auth: { ...auth, passwordFile: 'credential:partner' } } };
  t.same(loaded(queue('out', { ...site, routes })), [
    'smtp:%E/credstore/smtp',
    'partner:%E/credstore/partner',
  ]);
  t.same(loaded(queue('news', site)), ['nntp:%E/credstore/nntp']);
  t.same(loaded(queue('in', site)), []);
  t.same(loaded(lmtpService(unitPlan({}, site))), []);
  const files = { transport: { ...SMTP, auth: { ...auth, passwordFile: '/etc/secret' } } };
  t.same(loaded(wholeRunService(unitPlan({}, files), [])), [], 'a file is read as it is');
});

await t.test('the intake', async (t) => {
  t.same(valuesOf(services.lmtp, 'Requires'), ['qrunner-lmtp.socket']);
  t.same(valuesOf(services.lmtp, 'After'), ['qrunner-lmtp.socket']);
  t.match(valuesOf(services.lmtp, 'ExecStart')[0], / lmtp$/);
  t.notMatch(services.lmtp, /^TimeoutStartSec/m, 'it may serve as long as mail comes');
});

await t.test('a user’s own units name no user and no mounts', async (t) => {
  const own = wholeRunService(unitPlan({ manager: 'user' }), ['qrunner']);
  t.notMatch(own, /^(User|Group|RequiresMountsFor|After)=/m);
});

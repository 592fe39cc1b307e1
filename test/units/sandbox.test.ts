import t from 'tap';
import { sandboxLines } from '../../lib/units/sandbox.ts';
import { unitPlan } from '../support/units-rig.ts';

type Plan = Parameters<typeof sandboxLines>[0];
const lines = (plan: Plan, network = true) =>
  sandboxLines(plan, { network }).map(([key, value]) => `${key}=${value}`);

await t.test('what Node cannot live without is not taken', async (t) => {
  for (const manager of ['system', 'user'] as const) {
    const all = lines(unitPlan({ manager }));
    t.notOk(all.some((line) => line.startsWith('MemoryDenyWriteExecute')));
    t.ok(all.includes('SystemCallFilter=@system-service @pkey'));
    t.ok(all.includes('SystemCallErrorNumber=EPERM'));
    t.ok(all.includes('ProtectSystem=strict'));
    t.ok(all.includes('NoNewPrivileges=yes'));
  }
});

await t.test('the network', async (t) => {
  const open = lines(unitPlan());
  t.ok(open.includes('RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6'));
  t.notOk(open.some((line) => /^(PrivateNetwork|IPAddressDeny)/.test(line)));
  const closed = lines(unitPlan(), false);
  for (const line of ['RestrictAddressFamilies=AF_UNIX', 'PrivateNetwork=yes', 'IPAddressDeny=any'])
    t.ok(closed.includes(line), line);
});

await t.test('home and temporary directories are hidden unless something needed lies there', async (t) => {
  t.ok(lines(unitPlan()).includes('ProtectHome=yes'));
  t.ok(lines(unitPlan()).includes('PrivateTmp=yes'));
  const node = unitPlan({ exec: ['/root/.nvm/node', '/opt/qrunner.cjs'] });
  t.ok(lines(node).includes('ProtectHome=read-only'), 'the program');
  t.ok(lines(unitPlan({}, { spool: '/home/ada/spool' })).includes('ProtectHome=read-only'), 'the spool');
  t.ok(lines(unitPlan({}, { spool: '/var/tmp/spool' })).includes('PrivateTmp=no'));
  const linked = unitPlan({ realPath: (path) => path.replace('/srv', '/home') });
  t.ok(lines(linked).includes('ProtectHome=read-only'), 'what a link leads to');
});

await t.test('a user’s systemd gets what it can do, and nothing it fails at', async (t) => {
  const all = lines(unitPlan({ manager: 'user' }), false);
  t.ok(all.includes('PrivateUsers=yes'));
  t.ok(all.includes('ProtectHome=read-only'));
  for (const key of [
    'CapabilityBoundingSet',
    'ProtectClock',
    'PrivateNetwork',
    'PrivateDevices',
    'ProtectKernelModules',
  ])
    t.notOk(
      all.some((line) => line.startsWith(`${key}=`)),
      key,
    );
});

import t from 'tap';
import {
  bellPath,
  lmtpSocketUnit,
  pathUnit,
  periodicTimer,
  queuePath,
  sweepTimer,
  target,
} from '../../lib/units/activators.ts';
import { siteSettings } from '../support/settings.ts';
import { unitPlan, valuesOf } from '../support/units-rig.ts';

const plan = unitPlan();
const { systemd } = siteSettings('/srv/lists');

await t.test('path units look at what is there, one directory each', async (t) => {
  const bell = bellPath(plan);
  t.same(valuesOf(bell, 'DirectoryNotEmpty'), ['/srv/lists/spool/bell']);
  t.same(valuesOf(bell, 'StartLimitIntervalSec'), ['0']);
  t.notMatch(bell, /^(PathChanged|PathModified|PathExists|MakeDirectory|TriggerLimit)/m);
  t.same(valuesOf(queuePath(plan, 'in'), 'DirectoryNotEmpty'), ['/srv/lists/spool/in/new']);
  t.same(valuesOf(pathUnit(plan, 'x', '/srv/100% "x"'), 'DirectoryNotEmpty'), ['/srv/100%% "x"']);
});

await t.test('everything stops and starts with the target', async (t) => {
  for (const text of [
    bellPath(plan),
    sweepTimer(plan),
    periodicTimer(plan),
    lmtpSocketUnit(plan, '/run/x'),
  ]) {
    t.same(valuesOf(text, 'PartOf'), ['qrunner.target']);
    t.same(valuesOf(text, 'WantedBy'), ['qrunner.target']);
  }
  t.same(valuesOf(target(plan), 'WantedBy'), ['multi-user.target']);
  t.same(valuesOf(target(unitPlan({ manager: 'user' })), 'WantedBy'), ['default.target']);
  t.same(valuesOf(target(plan), 'Shape'), ['single']);
});

await t.test('the sweep begins by itself, and its period is the site’s', async (t) => {
  const text = sweepTimer(unitPlan({}, { systemd: { ...systemd, sweepMs: 90_500 } }));
  t.same(valuesOf(text, 'Unit'), ['qrunner.service']);
  t.same(valuesOf(text, 'OnUnitInactiveSec'), ['91s'], 'rounded up');
  for (const key of ['OnBootSec', 'OnActiveSec']) t.equal(valuesOf(text, key).length, 1, key);
  t.same(valuesOf(text, 'AccuracySec'), ['5s']);
  t.equal(valuesOf(periodicTimer(plan), 'OnBootSec').length, 1);
});

await t.test('the socket: one process, owner and group of the site', async (t) => {
  const text = lmtpSocketUnit(unitPlan({}, { systemd: { ...systemd, lmtpGroup: 'postfix' } }), '%t/x');
  t.same(valuesOf(text, 'Accept'), ['no']);
  t.same(
    ['SocketUser', 'SocketGroup', 'SocketMode'].flatMap((key) => valuesOf(text, key)),
    ['list', 'postfix', '0660'],
  );
  t.notMatch(lmtpSocketUnit(unitPlan({ manager: 'user' }), '%t/x'), /^Socket(User|Group)/m);
});

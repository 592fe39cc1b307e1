import t from 'tap';
import { parseShow, parseSpan, parseStamp, unitStates } from '../../lib/units/unit-state.ts';
import { fakeManager } from '../support/units-rig.ts';

const CLOCKS = { now: Date.UTC(2026, 10, 24, 20), sinceBoot: 3_600_000 };

/** As systemd 252 prints it. */
const SHOWN = `Id=qrunner.service
LoadState=loaded
ActiveState=activating
SubState=auto-restart
UnitFileState=static
Result=exit-code
ExecMainStatus=78
ExecMainExitTimestamp=Tue 2026-11-24 19:59:00 UTC
NeedDaemonReload=no
DropInPaths=/etc/systemd/system/qrunner.service.d/a.conf /etc/b.conf

Id=qrunner-sweep.timer
LoadState=loaded
ActiveState=active
SubState=waiting
UnitFileState=enabled
Result=success
NextElapseUSecMonotonic=1h 4min 30.500s
NextElapseUSecRealtime=
NeedDaemonReload=yes
DropInPaths=
`;

await t.test('what systemctl show prints', async (t) => {
  t.same(parseShow(SHOWN, CLOCKS), [
    {
      name: 'qrunner.service',
      load: 'loaded',
      active: 'activating',
      sub: 'auto-restart',
      enabled: 'static',
      result: 'exit-code',
      status: 78,
      endedAt: Date.UTC(2026, 10, 24, 19, 59),
      nextAt: null,
      outdated: false,
      dropIns: ['/etc/systemd/system/qrunner.service.d/a.conf', '/etc/b.conf'],
    },
    {
      name: 'qrunner-sweep.timer',
      load: 'loaded',
      active: 'active',
      sub: 'waiting',
      enabled: 'enabled',
      result: 'success',
      status: null,
      endedAt: null,
      nextAt: CLOCKS.now + 4 * 60_000 + 30_500,
      outdated: true,
      dropIns: [],
    },
  ]);
  t.same(parseShow('', CLOCKS), []);
});

await t.test('spans and moments', async (t) => {
  t.equal(parseSpan('2d 3h 4min 5.25s'), 2 * 86_400_000 + 3 * 3_600_000 + 4 * 60_000 + 5_250);
  t.equal(parseSpan('1month 1w 12ms 500us'), 2_629_800_000 + 604_800_000 + 12.5);
  for (const text of ['', 'infinity', '[not set]', '5']) t.equal(parseSpan(text), null, text);
  t.equal(parseStamp('Tue 2026-11-24 19:59:00.250 UTC'), Date.UTC(2026, 10, 24, 19, 59, 0, 250));
  for (const text of ['', 'n/a', 'Tue 2026-11-24 19:59:00 CET']) t.equal(parseStamp(text), null, text);
});

await t.test('asked of the right manager', async (t) => {
  const { call, calls } = fakeManager({ 'systemctl --user show': { out: SHOWN } });
  t.equal(unitStates(call, 'user', ['a.path', 'b.path'], CLOCKS).length, 2);
  t.match(calls[0], /^systemctl --user show --property=Id,.* -- a\.path b\.path$/);
});

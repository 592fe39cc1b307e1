import t from 'tap';
import { claim, defer } from '../../lib/spool/move.ts';
import { wakeDeferred } from '../../lib/spool/wake.ts';
import { spoolRig } from '../support/spool-rig.ts';

await t.test('all that is deferred is due, with its counters, and the bell is rung once', async (t) => {
  using rig = spoolRig(['out', 'retry']);
  const { layout, clock } = rig.spool;
  for (const failed of [true, false, true]) {
    const place = await rig.putActive('retry');
    defer(layout, place, (clock.now() + 3_600_000) * 1000, failed);
  }
  const other = await rig.putActive('out');
  defer(layout, other, (clock.now() + 3_600_000) * 1000, true);
  for (const bell of rig.bells()) t.match(bell, /^(?:retry|out),/);
  const before = rig.bells().length;
  t.equal(await wakeDeferred(rig.spool, 'retry'), 3);
  t.match(rig.counts(), { 'retry/new': 3, 'out/deferred': 1 });
  t.ok(rig.bells().length <= before + 1);
  t.ok(rig.bells().some((bell) => bell.startsWith('retry,')));
  t.same(
    rig.files('retry', 'new').map((file) => file.includes(',f1')),
    [true, false, true],
  );
  t.equal(await wakeDeferred(rig.spool, 'retry'), 0, 'nothing is left to wake');
});

await t.test('nothing there', async (t) => {
  using rig = spoolRig(['retry']);
  t.equal(await wakeDeferred(rig.spool, 'retry'), 0);
  t.same(rig.bells(), []);
});

await t.test('what a run is about to claim is left to it', async (t) => {
  using rig = spoolRig(['retry']);
  const { layout, clock } = rig.spool;
  const place = await rig.putActive('retry');
  const deferred = defer(layout, place, (clock.now() - 60_000) * 1000, false);
  t.ok(deferred);
  if (deferred) t.ok(claim(layout, deferred));
  t.equal(await wakeDeferred(rig.spool, 'retry'), 0);
  t.match(rig.counts(), { 'retry/active': 1 });
});

import { rmdirSync } from 'node:fs';
import t from 'tap';
import { deferredIn } from '../../lib/drain/deferred.ts';
import { hashPlace } from '../../lib/spool/entry-name.ts';
import { defer } from '../../lib/spool/move.ts';
import { inRange, sliceRange } from '../../lib/spool/range.ts';
import { spoolRig } from '../support/spool-rig.ts';

await t.test('what waits in the queues of a run', async (t) => {
  using rig = spoolRig(['in', 'out', 'retry']);
  const { layout } = rig.spool;
  const queues = [{ queue: 'in' }, { queue: 'out' }];
  t.strictSame(deferredIn(rig.spool, queues), { stillDeferred: 0, nextDueAt: null, earliestDueAt: null });
  const now = rig.clock.now();
  for (const [queue, inMs] of [
    ['in', 120_000],
    ['out', 60_000],
    ['out', 600_000],
    ['retry', 1000],
  ] as const) {
    defer(layout, await rig.putActive(queue), (now + inMs) * 1000, true);
  }
  t.strictSame(deferredIn(rig.spool, queues), {
    stillDeferred: 3,
    nextDueAt: now + 60_000,
    earliestDueAt: now + 1000,
  });
  t.match(deferredIn(rig.spool, [...queues, { queue: 'retry' }]), {
    nextDueAt: now + 1000,
    earliestDueAt: now + 1000,
  });
});

await t.test('of a slice, the time when its own are due', async (t) => {
  using rig = spoolRig(['out']);
  const now = rig.clock.now();
  const halves = [sliceRange(0, 2), sliceRange(1, 2)] as const;
  const dues: number[] = [];
  for (let minute = 1; minute <= 12; minute++) {
    const claimed = await rig.putActive('out');
    defer(rig.spool.layout, claimed, (now + minute * 60_000) * 1000, true);
    const half = inRange(halves[0], hashPlace(claimed.name.id)) ? 0 : 1;
    dues[half] ??= now + minute * 60_000;
  }
  for (const [half, range] of halves.entries()) {
    t.equal(deferredIn(rig.spool, [{ queue: 'out', range }]).nextDueAt, dues[half] ?? null);
  }
});

await t.test('counting stops at the limit', async (t) => {
  using rig = spoolRig(['in', 'out']);
  const now = rig.clock.now();
  for (const queue of ['in', 'in', 'out']) {
    defer(rig.spool.layout, await rig.putActive(queue), (now + 60_000) * 1000, true);
  }
  const queues = [{ queue: 'in' }, { queue: 'out' }];
  t.equal(deferredIn(rig.spool, queues, 3).stillDeferred, 3);
  t.equal(deferredIn(rig.spool, queues, 2).stillDeferred, 2);
  t.equal(deferredIn(rig.spool, queues, 1).stillDeferred, 1, 'also inside a bucket');
});

await t.test('a queue that cannot be read counts as empty', async (t) => {
  using rig = spoolRig(['in', 'out']);
  const now = rig.clock.now();
  defer(rig.spool.layout, await rig.putActive('out'), (now + 60_000) * 1000, true);
  rmdirSync(rig.spool.layout.directory('in', 'deferred'));
  rig.write('in/deferred', 'a file in its place');
  const queues = [{ queue: 'in' }, { queue: 'out' }];
  t.strictSame(deferredIn(rig.spool, queues), {
    stillDeferred: 1,
    nextDueAt: now + 60_000,
    earliestDueAt: now + 60_000,
  });
  t.throws(() => deferredIn(rig.spool, [{ queue: 'nowhere' }]), { message: /no queue "nowhere"/ });
});

import { rmdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { NO_BUDGET } from '../../lib/drain/budget.ts';
import { drainQueue, type QueueContext } from '../../lib/drain/drain-queue.ts';
import { emptyReport } from '../../lib/drain/report.ts';
import { HASH_SPACE, hashPlace } from '../../lib/spool/entry-name.ts';
import { claim, defer, recoverToNew } from '../../lib/spool/move.ts';
import { sliceRange, WHOLE } from '../../lib/spool/range.ts';
import { done, pass, runnerOf, type Work } from '../support/run-spool.ts';
import { type SpoolRig, spoolRig } from '../support/spool-rig.ts';

function contextOf(rig: SpoolRig, work: Work, concurrency?: number, signal?: AbortSignal): QueueContext {
  return {
    spool: rig.spool,
    drained: () => true,
    failureLimit: 3,
    report: emptyReport('in'),
    openRunner: async () => runnerOf(work, concurrency),
    log: rig.log,
    signal: signal ?? new AbortController().signal,
    overdue: new AbortController().signal,
    budget: NO_BUDGET,
  };
}

/** A runner that takes a moment, and what it saw: the order, and how many were at work at once. */
function watchedWork() {
  const order: string[] = [];
  const beside = new Map<string, number>();
  const working = new Set<string>();
  const work: Work = async ({ id }) => {
    order.push(id);
    working.add(id);
    for (let n = 0; n < 3; n++) {
      for (const other of working) beside.set(other, Math.max(beside.get(other) ?? 0, working.size));
      await setImmediate();
    }
    working.delete(id);
    return done();
  };
  return { work, order, beside };
}

async function putMany(rig: SpoolRig, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) ids.push(await rig.put('in'));
  return ids;
}

await t.test('oldest first, a few at a time', async (t) => {
  using rig = spoolRig();
  const ids = await putMany(rig, 40);
  const { work, order, beside } = watchedWork();
  t.equal(await drainQueue(contextOf(rig, work, 4), 'in', WHOLE), 40);
  t.strictSame(order, ids);
  t.equal(Math.max(...beside.values()), 4);
  t.strictSame(rig.files('in', 'new'), []);

  await putMany(rig, 40);
  const unsaid = watchedWork();
  await drainQueue(contextOf(rig, unsaid.work), 'in', WHOLE);
  t.equal(Math.max(...unsaid.beside.values()), 16, 'when the runner does not say');
});

await t.test('a suspect is worked on alone', async (t) => {
  using rig = spoolRig();
  const ids = await putMany(rig, 9);
  const suspect = ids[4] ?? '';
  const claimed = claim(rig.spool.layout, rig.placeOf('in', suspect));
  if (claimed) recoverToNew(rig.spool.layout, claimed);
  const { work, order, beside } = watchedWork();
  await drainQueue(contextOf(rig, work, 4), 'in', WHOLE);
  t.equal(beside.get(suspect), 1);
  t.ok(
    ids.filter((id) => id !== suspect).some((id) => (beside.get(id) ?? 0) > 1),
    'the others are not',
  );
  t.strictSame(order, ids, 'in its turn');
});

await t.test('what arrives meanwhile, and what is due, belongs to the run', async (t) => {
  using rig = spoolRig();
  const waiting = await rig.putActive('in');
  defer(rig.spool.layout, waiting, (rig.clock.now() + 60_000) * 1000, true);
  await rig.put('in');
  let more = 3;
  const context = contextOf(rig, async () => {
    if (more-- > 0) await rig.put('in');
    return done();
  });
  t.equal(await drainQueue(context, 'in', WHOLE), 4);
  t.strictSame(rig.counts()['in/deferred'], 1, 'not due');
  rig.clock.advance(60_000);
  t.equal(await drainQueue(context, 'in', WHOLE), 1);
  t.strictSame(rig.counts()['in/deferred'], undefined);
  t.equal(await drainQueue(context, 'in', WHOLE), 0);
});

await t.test('a slice leaves the rest', async (t) => {
  using rig = spoolRig();
  const ids = await putMany(rig, 12);
  const { work, order } = watchedWork();
  await drainQueue(contextOf(rig, work), 'in', sliceRange(0, 2));
  t.strictSame(
    order,
    ids.filter((id) => hashPlace(id) < HASH_SPACE / 2),
  );
  await drainQueue(contextOf(rig, work), 'in', sliceRange(1, 2));
  t.strictSame([...order].sort(), ids);
});

await t.test('foreign files go to bad/ and keep nobody from his turn', async (t) => {
  using rig = spoolRig();
  await putMany(rig, 2);
  rig.write('in/new/README', 'x');
  rig.write('in/deferred/20200101T0000Z', 'x');
  const context = contextOf(rig, () => done());
  await drainQueue(context, 'in', WHOLE);
  t.match(context.report, { done: 2, bad: 2 });
  const { bell: _, ...counts } = rig.counts();
  t.strictSame(counts, { 'in/bad': 2 });
  t.match(
    rig.events.filter(({ event }) => event === 'entry-bad'),
    [{ fields: { file: 'README' } }, { fields: { file: '20200101T0000Z' } }],
  );
});

await t.test('told to end, it begins nothing new and finishes what is in flight', async (t) => {
  using rig = spoolRig();
  await putMany(rig, 10);
  const abort = new AbortController();
  let begun = 0;
  const work: Work = async () => {
    if (++begun === 3) abort.abort();
    await setImmediate();
    return done();
  };
  const context = contextOf(rig, work, 2, abort.signal);
  await drainQueue(context, 'in', WHOLE);
  t.equal(context.report.done, begun);
  t.match(rig.counts(), { 'in/new': 10 - begun });
  t.ok(begun <= 4);
  t.strictSame(rig.files('in', 'active'), []);
});

await t.test('when the spool fails, those in flight come to their end first', async (t) => {
  using rig = spoolRig();
  const [first] = await putMany(rig, 8);
  rmdirSync(rig.spool.layout.directory('out', 'tmp'));
  const work: Work = async ({ id }) => {
    if (id === first) return done(pass('out'));
    await setImmediate();
    return done();
  };
  const context = contextOf(rig, work, 4);
  await t.rejects(drainQueue(context, 'in', WHOLE), { name: 'TemporaryError' });
  t.strictSame(rig.files('in', 'active'), []);
  t.ok(rig.files('in', 'new').includes(first ?? ''));
  t.equal(context.report.done + rig.files('in', 'new').length, 8, 'nothing is lost');
});

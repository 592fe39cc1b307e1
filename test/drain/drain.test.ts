import { once } from 'node:events';
import { mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { drain } from '../../lib/drain/drain.ts';
import { lockQueue } from '../../lib/spool/queue-lock.ts';
import { WHOLE } from '../../lib/spool/range.ts';
import { done, pass, planOf, runnerOf, runSpool, type Work } from '../support/run-spool.ts';
import { type SpoolRig, spoolRig } from '../support/spool-rig.ts';

const ABC = ['a', 'b', 'c'];

/** The whole queue, held by somebody else. */
async function heldLock(rig: SpoolRig, queue: string) {
  const lock = await lockQueue(rig.spool.layout, queue, WHOLE);
  if (!lock) throw new Error(`${queue} is held already`);
  return lock;
}

await t.test('a message goes all its way in one run', async (t) => {
  for (const order of [ABC, ABC.toReversed()]) {
    using rig = spoolRig(ABC);
    await rig.put('a', 'hello');
    const seen: string[] = [];
    const step = (queue: string, next?: string): [string, Work] => [
      queue,
      async (entry) => {
        seen.push(`${queue}: ${(await entry.read()).toString()}`);
        return next === undefined ? done() : done(pass(next));
      },
    ];
    const works = Object.fromEntries([step('a', 'b'), step('b', 'c'), step('c')]);
    const parts = order.map((queue) => ({ queue, range: WHOLE }));
    const report = await runSpool(rig, works, { parts });
    t.strictSame(seen, ['a: hello', 'b: hello', 'c: hello']);
    t.match(report, { end: 'drained', trouble: null, stillDeferred: 0, nextDueAt: null });
    t.strictSame(rig.counts(), {}, 'no file is left, no bell either');
    for (const { queue, ...counts } of report.queues) {
      t.match(counts, { taken: 1, done: 1, outputs: queue === 'c' ? 0 : 1, busy: false }, queue);
    }
  }
});

await t.test('with nothing to do it takes no lock and opens no runner', async (t) => {
  using rig = spoolRig();
  const lock = await heldLock(rig, 'in');
  const openRunner = () => t.fail('opened') as never;
  t.match(await runSpool(rig, { in: () => done() }, { openRunner }), { end: 'drained' });
  lock.release();
});

await t.test('runners are opened once, when there is work, and closed at the end', async (t) => {
  using rig = spoolRig(ABC);
  for (let n = 0; n < 3; n++) await rig.put('a');
  const calls: string[] = [];
  const openRunner = async (queue: string) => {
    calls.push(`open ${queue}`);
    return {
      ...runnerOf(() => done()),
      close: async () => {
        calls.push(`close ${queue}`);
        if (queue === 'b') throw new Error('will not close');
      },
    };
  };
  const plan = planOf(rig, { a: () => done(), b: () => done(), c: () => done() });
  await drain({ ...plan, openRunner });
  t.strictSame(calls, ['open a', 'close a']);
  await rig.put('b');
  t.match(await drain({ ...plan, openRunner }), { end: 'drained' }, 'a bad close spoils nothing');
  t.match(rig.events.at(-1), { event: 'runner-close', fields: { queue: 'b', reason: 'will not close' } });
});

await t.test('a deferred entry waits for its time', async (t) => {
  using rig = spoolRig(['in']);
  await rig.put('in');
  const until = rig.clock.now() + 300_000;
  let tries = 0;
  const work: Work = () =>
    ++tries === 1 ? { kind: 'defer', until, reason: 'no route', failed: true } : done();
  t.match(await runSpool(rig, { in: work }), { end: 'drained', stillDeferred: 1, nextDueAt: until });
  t.strictSame(rig.counts(), { 'in/deferred': 1 }, 'it needs no bell');
  rig.clock.advance(299_999);
  t.match(await runSpool(rig, { in: work }), { queues: [{ taken: 0 }] });
  rig.clock.advance(1);
  t.match(await runSpool(rig, { in: work }), { queues: [{ taken: 1, done: 1 }], stillDeferred: 0 });
  t.strictSame(rig.counts(), {});
});

await t.test('trouble ends the run, with the entry back in new/ and its bell kept', async (t) => {
  await t.test('outputs that cannot be written', async (t) => {
    using rig = spoolRig();
    const id = await rig.put('in');
    const directory = rig.spool.layout.directory('out', 'tmp');
    rmdirSync(directory);
    rig.write('out/tmp', 'a file where a directory should be');
    const report = await runSpool(rig, { in: () => done(pass('out')) });
    t.match(report, { end: 'trouble', trouble: /ENOTDIR/ });
    t.match(rig.events.at(-1), { level: 'error', event: 'run-trouble', fields: { reason: report.trouble } });
    t.strictSame(rig.files('in', 'new'), [id]);
    t.strictSame(rig.bells(), [`in,${id}`]);
    rmSync(directory);
    mkdirSync(directory);
    t.match(await runSpool(rig, { in: () => done(pass('out')) }), { end: 'drained' }, 'mended, it goes on');
  });

  await t.test('a state directory that is gone', async (t) => {
    using rig = spoolRig();
    await rig.put('in');
    rmdirSync(rig.spool.layout.directory('in', 'active'));
    t.match(await runSpool(rig, { in: () => done() }), { end: 'trouble', trouble: /cannot claim/ });
    t.match(rig.counts(), { bell: 1, 'in/new': 1 });
  });

  await t.test('a lock file that is none', async (t) => {
    using rig = spoolRig();
    await rig.put('in');
    const plan = { ...rig.spool, layout: { ...rig.spool.layout, lock: () => rig.root } };
    t.match(await runSpool(rig, { in: () => done() }, { spool: plan }), {
      end: 'trouble',
      trouble: /lock file/,
    });
  });

  await t.test('also when other queues had more passes after it', async (t) => {
    using rig = spoolRig(['in', 'out', 'archive']);
    await rig.put('in');
    await rig.put('archive');
    rmdirSync(rig.spool.layout.directory('out', 'new'));
    const works = { in: () => done(pass('out')), archive: () => done() };
    t.match(await runSpool(rig, works), { end: 'trouble' });
    t.match(rig.counts(), { bell: 2, 'in/done': 1 }, 'the bells are for the run that recovers');
  });

  await t.test('gives back its locks', async (t) => {
    using rig = spoolRig();
    await rig.put('in');
    rmdirSync(rig.spool.layout.directory('out', 'new'));
    const failing = { in: () => done(pass('out')) };
    t.match(await runSpool(rig, failing), { end: 'trouble' });
    t.strictSame(rig.counts(), { bell: 1, 'in/done': 1, 'out/tmp': 1 }, 'committed, not published');
    const lock = await heldLock(rig, 'in');
    lock.release();
    rmSync(rig.spool.layout.journal('out', ''), { recursive: true });
    rig.reopened();
    t.match(await runSpool(rig, failing), { end: 'drained', queues: [{ recovered: 1 }] });
    t.match(rig.counts(), { 'out/new': 1 }, 'the next run goes on where it was');
    t.strictSame(rig.files('in', 'done'), []);
  });
});

await t.test(
  'a slow entry keeps neither its own queue nor the others from what comes meanwhile',
  async (t) => {
    using rig = spoolRig(['in', 'out']);
    await rig.put('out', 'slow');
    const events: string[] = [];
    const slow = new AbortController();
    const report = await runSpool(rig, {
      in: () => {
        events.push('in');
        return done(pass('out'));
      },
      out: async (entry) => {
        const text = (await entry.read()).toString();
        if (text === 'slow') {
          // Ends only when the other has been through both queues.
          await rig.put('in', 'quick');
          await once(slow.signal, 'abort');
        } else slow.abort();
        events.push(text);
        return done();
      },
    });
    t.same(events, ['in', 'quick', 'slow']);
    t.match(report, { end: 'drained', trouble: null });
    t.strictSame(rig.counts(), { bell: 1 }, 'the bell that was rung meanwhile is for the next look');
  },
);

await t.test(
  'trouble in a queue that takes long is told at the end, after the others had their turns',
  async (t) => {
    using rig = spoolRig(['in', 'out']);
    await rig.put('out', 'slow');
    const events: string[] = [];
    const report = await runSpool(rig, {
      in: () => {
        events.push('in');
        return done();
      },
      out: async () => {
        await rig.put('in', 'quick');
        await new Promise((resolve) => setTimeout(resolve, 1_200));
        const active = rig.spool.layout.directory('out', 'active');
        rmSync(active, { recursive: true });
        writeFileSync(active, 'a file in its place');
        return done();
      },
    });
    t.same(events, ['in']);
    t.match(report, { end: 'trouble' });
  },
);

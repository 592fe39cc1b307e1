import { existsSync, mkdirSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { startBudget } from '../../lib/drain/budget.ts';
import type { Verdict } from '../../lib/runners/runner.ts';
import { addEntry } from '../../lib/spool/add.ts';
import { BELL_LIMIT, ringBell } from '../../lib/spool/bell.ts';
import { EMPTY_META, type Entry } from '../../lib/spool/entry.ts';
import { HASH_SPACE, hashPlace } from '../../lib/spool/entry-name.ts';
import { hold } from '../../lib/spool/move.ts';
import { stageOutputs } from '../../lib/spool/outputs.ts';
import { lockQueue } from '../../lib/spool/queue-lock.ts';
import { sliceRange, WHOLE } from '../../lib/spool/range.ts';
import { done, pass, runnerOf, runSpool, type Work } from '../support/run-spool.ts';
import { type SpoolRig, spoolRig } from '../support/spool-rig.ts';

/** The whole queue, held by somebody else. */
async function heldLock(rig: SpoolRig, queue: string) {
  const lock = await lockQueue(rig.spool.layout, queue, WHOLE);
  if (!lock) throw new Error(`${queue} is held already`);
  return lock;
}

/** A file where a directory of the spool should be. */
function block(rig: SpoolRig, path: string): void {
  rmSync(join(rig.root, path), { recursive: true });
  rig.write(path, 'a file in its place');
}

/** Nothing to do in two of them, and always later in one. */
function works(rig: SpoolRig) {
  return {
    in: () => done(),
    archive: ({ id }: Entry): Verdict => ({
      kind: 'defer',
      until: rig.clock.now() + 60_000,
      reason: `later ${id}`,
      failed: true,
    }),
    out: () => done(),
  };
}

await t.test('bells', async (t) => {
  await t.test('one that is rung during the run stays', async (t) => {
    using rig = spoolRig(['in']);
    await rig.put('in');
    let late = '';
    const work: Work = async () => {
      late ||= await rig.put('in');
      return done();
    };
    t.match(await runSpool(rig, { in: work }), { queues: [{ done: 2 }] });
    t.strictSame(rig.counts(), { bell: 1 });
    t.strictSame(rig.bells(), [`in,${late}`]);
    t.match(await runSpool(rig, { in: work }), { end: 'drained', queues: [{ taken: 0 }] });
    t.strictSame(rig.bells(), [], 'the next run finds nothing and removes it');
  });

  await t.test('those of other queues and slices stay', async (t) => {
    using rig = spoolRig();
    const ids: string[] = [];
    for (let n = 0; n < 12; n++) ids.push(await rig.put('in'));
    const other = await rig.put('out');
    await runSpool(rig, { in: () => done() }, { parts: [{ queue: 'in', range: sliceRange(0, 2) }] });
    const left = ids.filter((id) => hashPlace(id) >= HASH_SPACE / 2);
    t.strictSame(rig.files('in', 'new'), left);
    t.strictSame(rig.bells(), [...left.map((id) => `in,${id}`), `out,${other}`]);
  });

  await t.test('an output for a queue that is not drained rings', async (t) => {
    using rig = spoolRig();
    await rig.put('in');
    await runSpool(rig, { in: () => done(pass('out')) });
    const { name } = await rig.only('out', 'new');
    t.strictSame(rig.bells(), [`out,${name.id}`]);
  });

  await t.test('one of a queue that is gone is removed', async (t) => {
    using rig = spoolRig(['in']);
    rig.write('bell/former,1795420800123456-9f86d081884c7d659a2f', '');
    await runSpool(rig, { in: () => done() });
    t.strictSame(rig.bells(), []);
  });
});

await t.test('what arrives between the last look and the release of the lock is not left', async (t) => {
  using rig = spoolRig();
  await rig.put('in');
  const aside = join(rig.root, 'aside');
  const { id } = await addEntry(rig.spool, 'out', EMPTY_META, [Buffer.from('late')]);
  renameSync(join(rig.spool.layout.directory('out', 'new'), id), aside);
  let ran = 0;
  const { bell, ...paths } = rig.spool.layout;
  const layout = {
    ...paths,
    // Read again after the first entry is done, when the bells are removed.
    get bell() {
      if (ran === 1 && existsSync(aside)) renameSync(aside, join(paths.directory('in', 'new'), id));
      return bell;
    },
  };
  const work: Work = () => {
    ran++;
    return done();
  };
  t.match(await runSpool(rig, { in: work }, { spool: { ...rig.spool, layout } }), { queues: [{ done: 2 }] });
  t.equal(ran, 2);
  t.strictSame(rig.files('in', 'new'), []);
});

await t.test('a queue that another run holds', async (t) => {
  await t.test('is left to it at once', async (t) => {
    using rig = spoolRig();
    const id = await rig.put('in');
    await rig.put('out');
    const lock = await heldLock(rig, 'in');
    const report = await runSpool(rig, { in: () => done(), out: () => done() });
    t.match(report, {
      end: 'busy',
      trouble: null,
      queues: [
        { queue: 'in', taken: 0, busy: true },
        { busy: false, done: 1 },
      ],
    });
    t.strictSame(rig.counts(), { bell: 1, 'in/new': 1 });
    t.strictSame(rig.bells(), [`in,${id}`], 'and its bells');
    lock.release();
    t.match(await runSpool(rig, { in: () => done(), out: () => done() }), { end: 'drained' });
  });

  await t.test('is waited for', async (t) => {
    using rig = spoolRig();
    await rig.put('in');
    const lock = await heldLock(rig, 'in');
    let polls = 0;
    const clock = {
      ...rig.clock,
      sleep: async (ms: number) => {
        if (++polls === 5) lock.release();
        await rig.clock.sleep(ms);
      },
    };
    const report = await runSpool(
      rig,
      { in: () => done() },
      { spool: { ...rig.spool, clock }, waitMs: 10_000 },
    );
    t.match(report, { end: 'drained', queues: [{ done: 1, busy: false }] });
    t.strictSame(rig.counts(), {});
  });

  await t.test('but not longer than was said', async (t) => {
    using rig = spoolRig();
    await rig.put('in');
    await rig.put('out');
    const lock = await heldLock(rig, 'in');
    const startedAt = rig.clock.now();
    const report = await runSpool(rig, { in: () => done(), out: () => done() }, { waitMs: 10_000 });
    t.match(report, {
      end: 'trouble',
      trouble: 'another run still holds in',
      queues: [{ busy: true }, { done: 1 }],
    });
    t.equal(rig.clock.now() - startedAt, 10_000);
    t.strictSame(rig.counts(), { bell: 1, 'in/new': 1 }, 'what could be done was done');
    lock.release();
  });

  await t.test('and not when told to end', async (t) => {
    using rig = spoolRig();
    await rig.put('in');
    const lock = await heldLock(rig, 'in');
    const abort = new AbortController();
    const clock = {
      ...rig.clock,
      sleep: async (ms: number) => {
        abort.abort();
        await rig.clock.sleep(ms);
      },
    };
    const plan = { spool: { ...rig.spool, clock }, waitMs: 3_600_000, signal: abort.signal };
    t.match(await runSpool(rig, { in: () => done() }, plan), { end: 'stopped' });
    lock.release();
  });
});

await t.test('told to end', async (t) => {
  using rig = spoolRig(['in']);
  for (let n = 0; n < 5; n++) await rig.put('in');
  const abort = new AbortController();
  const openRunner = async () =>
    runnerOf(({ failures }, { signal, clock }) => {
      if (!signal.aborted) {
        abort.abort();
        return { kind: 'defer', until: clock.now(), reason: 'told to end', failed: false };
      }
      t.fail(`began another one, failures ${failures}`);
      return done();
    }, 1);
  const report = await runSpool(rig, { in: () => done() }, { openRunner, signal: abort.signal });
  t.match(report, { end: 'stopped', trouble: null, queues: [{ taken: 1, deferred: 1 }] });
  t.strictSame(rig.counts(), { bell: 5, 'in/new': 4, 'in/deferred': 1 }, 'its bells stay');
  t.match(await runSpool(rig, { in: () => done() }), { end: 'drained', queues: [{ done: 5 }] });
  t.strictSame(rig.counts(), {});
});

await t.test('told to end before it began', async (t) => {
  using rig = spoolRig(['in']);
  await rig.put('in');
  const signal = AbortSignal.abort();
  t.match(await runSpool(rig, { in: () => done() }, { signal }), { end: 'stopped', queues: [{ taken: 0 }] });
  t.strictSame(rig.counts(), { bell: 1, 'in/new': 1 });
});

await t.test('what a dead run left', async (t) => {
  await t.test('is set right first, and told', async (t) => {
    using rig = spoolRig(['in']);
    const { name } = await rig.putActive('in');
    const report = await runSpool(rig, { in: () => done() });
    t.match(report, { end: 'drained', queues: [{ recovered: 1, taken: 1, done: 1 }] });
    t.match(rig.events[0], {
      level: 'notice',
      event: 'recovery-returned',
      fields: { queue: 'in', id: name.id },
    });
    t.strictSame(rig.counts(), {});
  });

  await t.test('is poison the third time', async (t) => {
    using rig = spoolRig(['in']);
    const place = await rig.putActive('in');
    renameSync(place.path, join(rig.spool.layout.directory('in', 'active'), `${place.name.id},c3`));
    rig.write('in/active/README', 'x');
    const report = await runSpool(rig, { in: () => t.fail('worked on it again') as never });
    t.match(report, { queues: [{ recovered: 2, shunted: 1, bad: 1, taken: 0 }] });
    t.match(rig.events.map(({ level, event }) => `${level} ${event}`).sort(), [
      'warning recovery-bad',
      'warning recovery-poison',
    ]);
  });

  await t.test('also when it is only a notice nobody rang for', async (t) => {
    using rig = spoolRig();
    const place = await rig.putActive('in');
    const notice = { queue: 'out', meta: EMPTY_META, message: [Buffer.from('please look')] };
    await stageOutputs(rig.spool, { queue: 'in', id: place.name.id }, [notice]);
    hold(rig.spool.layout, place, 'no member');
    for (const bell of rig.bells()) unlinkSync(join(rig.spool.layout.bell, bell));
    t.match(await runSpool(rig, { in: () => done() }), { end: 'drained' });
    t.strictSame(rig.counts(), { bell: 1, 'in/held': 1, 'out/new': 1 });
  });
});

await t.test('trouble in one queue keeps no other from its turn', async (t) => {
  const QUEUES = ['in', 'archive', 'out'];

  for (const path of ['archive/active', 'archive/deferred', 'archive/done', 'archive/new', 'archive/lock']) {
    await t.test(path, async (t) => {
      using rig = spoolRig(QUEUES);
      for (const queue of QUEUES) if (path !== 'archive/new' || queue !== 'archive') await rig.put(queue);
      if (path === 'archive/lock') mkdirSync(join(rig.root, path));
      else block(rig, path);
      const bells = rig.bells();
      const report = await runSpool(rig, works(rig));
      t.match(report, { end: 'trouble', queues: [{ done: 1 }, { done: 0, deferred: 0 }, { done: 1 }] });
      t.match(report.trouble, new RegExp(`(ENOTDIR|EISDIR).*${path}`));
      // A run that has not the lock of a queue leaves only that queue's bells.
      const left = path === 'archive/lock' ? bells.filter((bell) => bell.startsWith('archive,')) : bells;
      t.strictSame(rig.bells(), left, 'bells stay');
    });
  }

  await t.test('the entries can be worked on, but not be put where they must go', async (t) => {
    using rig = spoolRig(QUEUES);
    for (const queue of QUEUES) await rig.put(queue);
    const { archive, ...others } = works(rig);
    const breaking: Work = (entry) => {
      block(rig, 'archive/deferred');
      return archive(entry);
    };
    const report = await runSpool(rig, { in: others.in, archive: breaking, out: others.out });
    t.match(report, { end: 'trouble', queues: [{ done: 1 }, { taken: 1, deferred: 0 }, { done: 1 }] });
    t.match(report.trouble, /ENOTDIR.*archive\/deferred/);
    t.equal(rig.files('archive', 'new').length, 1, 'put back');
    t.strictSame(rig.files('archive', 'active'), []);
    t.equal(rig.bells().length, 3);
  });

  await t.test('also when nobody rang', async (t) => {
    using rig = spoolRig(QUEUES);
    for (const queue of ['in', 'out']) await rig.put(queue);
    for (const bell of rig.bells()) unlinkSync(join(rig.spool.layout.bell, bell));
    block(rig, 'archive/deferred');
    block(rig, 'in/deferred');
    const report = await runSpool(rig, works(rig));
    t.match(report, { end: 'trouble', stillDeferred: 0, queues: [{ done: 0 }, {}, { done: 1 }] });
  });

  await t.test('a queue that could not be set right is not worked on', async (t) => {
    using rig = spoolRig(QUEUES);
    await rig.putActive('in');
    await rig.put('in');
    block(rig, 'in/done');
    const report = await runSpool(rig, works(rig));
    t.match(report, { end: 'trouble', queues: [{ taken: 0, recovered: 0 }, {}, {}] });
  });
});

await t.test('a budget', async (t) => {
  await t.test('that is spent leaves the rest in new/ with its bells', async (t) => {
    using rig = spoolRig(['in']);
    for (let n = 0; n < 5; n++) await rig.put('in');
    const two = startBudget({ entries: 2, ms: null });
    t.match(await runSpool(rig, { in: () => done() }, { budget: two }), {
      end: 'budget',
      queues: [{ done: 2 }],
    });
    t.equal(rig.files('in', 'new').length, 3);
    t.equal(rig.bells().length, 5);
    t.match(rig.events.map(({ event }) => event).at(-1), 'run-budget');
    t.match(await runSpool(rig, { in: () => done() }), { end: 'drained', queues: [{ done: 3 }] });
    t.strictSame(rig.counts(), {});
  });

  await t.test('that is just enough leaves nothing', async (t) => {
    using rig = spoolRig(['in']);
    for (let n = 0; n < 2; n++) await rig.put('in');
    const two = startBudget({ entries: 2, ms: null });
    t.match(await runSpool(rig, { in: () => done() }, { budget: two }), {
      end: 'drained',
      queues: [{ done: 2 }],
    });
    t.strictSame(rig.counts(), {});
  });

  await t.test('rings for what it leaves, when nobody has', async (t) => {
    using rig = spoolRig(['in']);
    const ids = [await rig.put('in'), await rig.put('in'), await rig.put('in')];
    for (const bell of rig.bells()) unlinkSync(join(rig.spool.layout.bell, bell));
    const one = startBudget({ entries: 1, ms: null });
    t.match(await runSpool(rig, { in: () => done() }, { budget: one }), { end: 'budget' });
    t.strictSame(rig.bells(), [`in,${ids[1]}`]);
  });
});

await t.test('more bells than are listed at once', async (t) => {
  using rig = spoolRig(['in']);
  for (let n = 0; n < BELL_LIMIT + 10; n++) ringBell(rig.spool.layout, 'in', rig.spool.freshId());
  t.match(await runSpool(rig, { in: () => done() }), { end: 'drained' });
  t.strictSame(rig.bells(), []);
});

await t.test(
  'any number of entries may listen for the end of the run, without a warning of Node',
  async (t) => {
    using rig = spoolRig(['in']);
    for (let n = 0; n < 30; n++) await rig.put('in');
    const warnings: Error[] = [];
    const note = (warning: Error) => void warnings.push(warning);
    process.on('warning', note);
    let most = 0;
    let working = 0;
    const work: Work = async (_entry, { signal }) => {
      signal.addEventListener('abort', () => {});
      most = Math.max(most, ++working);
      await sleep(5);
      working--;
      return done();
    };
    t.match(await runSpool(rig, { in: work }, { openRunner: async () => runnerOf(work, 30) }), {
      end: 'drained',
    });
    await sleep(20);
    process.removeListener('warning', note);
    t.equal(most, 30, 'they were at work at once');
    t.same(warnings, []);
  },
);

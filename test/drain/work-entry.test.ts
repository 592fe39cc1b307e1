import { mkdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { backoffMs } from '../../lib/base/backoff.ts';
import { ExpectedError, TemporaryError } from '../../lib/base/errors.ts';
import { emptyReport } from '../../lib/drain/report.ts';
import { type WorkContext, workEntry } from '../../lib/drain/work-entry.ts';
import { HASH_SPACE, hashPlace } from '../../lib/spool/entry-name.ts';
import type { Spool } from '../../lib/spool/spool.ts';
import { done, pass, runnerOf, type Work } from '../support/run-spool.ts';
import { type SpoolRig, spoolRig } from '../support/spool-rig.ts';

/** What a queue waits for before it counts as drained. */
const syncs: (() => Promise<void>)[] = [];

const settlingBy = (spool: Pick<Spool, 'syncDirectory'>) => ({
  add: (directory: string, then: () => void) =>
    void syncs.push(async () => spool.syncDirectory(directory).then(then)),
});

function contextOf(rig: SpoolRig, work: Work, more: Partial<WorkContext> = {}): WorkContext {
  return {
    spool: rig.spool,
    drained: () => true,
    failureLimit: 3,
    report: emptyReport('in'),
    openRunner: async () => runnerOf(work),
    log: rig.log,
    settling: settlingBy(rig.spool),
    signal: new AbortController().signal,
    overdue: new AbortController().signal,
    ...more,
  };
}

/** What lies where, without the bell of the message that was put. */
function states(rig: SpoolRig): Record<string, number> {
  const { bell: _, ...counts } = rig.counts();
  return counts;
}

await t.test('the runner sees the entry, and its verdict is carried out and logged', async (t) => {
  using rig = spoolRig();
  const id = await rig.put('in', 'Subject: x\n', { list: 'a@b' });
  const context = contextOf(rig, async (entry, { clock, journal, signal }) => {
    t.strictSame(states(rig), { 'in/active': 1 }, 'claimed while it is worked on');
    t.match(entry, { id, queue: 'in', failures: 0, released: false, meta: { list: 'a@b' }, size: 11 });
    t.equal(clock, rig.clock);
    t.strictSame(journal.records(), []);
    t.notOk(signal.aborted);
    return { kind: 'done', outputs: [pass('out')], note: 'welcome' };
  });
  await workEntry(context, rig.placeOf('in', id));
  t.strictSame(states(rig), { 'out/new': 1 });
  t.match(context.report, { taken: 1, done: 1, outputs: 1 });
  t.match(rig.events, [
    {
      level: 'info',
      event: 'entry-done',
      fields: { queue: 'in', id, list: 'a@b', outputs: 'out', note: 'welcome' },
    },
  ]);
});

await t.test('each verdict has its line in the log', async (t) => {
  using rig = spoolRig();
  const until = rig.clock.now() + 60_000;
  const verdicts = [
    { kind: 'hold', reason: 'why\nand more', outputs: [] },
    { kind: 'shunt', reason: 'why\nand more' },
    { kind: 'defer', until, reason: 'why\nand more', failed: false },
  ] as const;
  for (const verdict of verdicts) {
    await workEntry(
      contextOf(rig, () => verdict),
      rig.placeOf('in', await rig.put('in')),
    );
  }
  t.match(rig.events, [
    { level: 'info', event: 'entry-hold', fields: { reason: 'why' } },
    { level: 'warning', event: 'entry-shunt', fields: { reason: 'why' } },
    { level: 'info', event: 'entry-defer', fields: { reason: 'why', until: new Date(until).toISOString() } },
  ]);
  t.strictSame(states(rig), { 'in/held': 1, 'in/shunt': 1, 'in/deferred': 1 });
});

await t.test('whatever a runner throws is temporary, counted, and at the limit shunted', async (t) => {
  using rig = spoolRig();
  const id = await rig.put('in');
  const context = contextOf(rig, () => {
    throw new TypeError('x is not a function');
  });
  let place = rig.placeOf('in', id);
  for (const failures of [1, 2]) {
    await workEntry(context, place);
    const { name, file } = await rig.only('in', 'deferred');
    t.equal(name.failures, failures);
    const delay = backoffMs(failures, hashPlace(id) / HASH_SPACE);
    t.equal(name.due, (rig.clock.now() + delay) * 1000, 'with a backoff that grows');
    place = { queue: 'in', state: 'deferred', path: file.path, name };
  }
  await workEntry(context, place);
  t.strictSame(states(rig), { 'in/shunt': 1 });
  t.match(rig.reason('in', 'shunt'), /failed 3 times, the last time: TypeError: x is not a function\n +at /);
  t.match(context.report, { taken: 3, deferred: 2, shunted: 1 });
});

await t.test('so is an expected failure, told in its own words', async (t) => {
  for (const error of [
    new TemporaryError('the database is locked'),
    new ExpectedError(78, 'no template "x"'),
  ]) {
    using rig = spoolRig();
    const work = () => Promise.reject(error);
    await workEntry(contextOf(rig, work), rig.placeOf('in', await rig.put('in')));
    t.strictSame(states(rig), { 'in/deferred': 1 });
    t.match(rig.events, [{ event: 'entry-defer', fields: { reason: error.message } }]);
  }
});

await t.test('a message that is itself at fault is shunted at once', async (t) => {
  using rig = spoolRig();
  const error = new ExpectedError(65, 'its header section is too large');
  const context = contextOf(rig, () => Promise.reject(error));
  await workEntry(context, rig.placeOf('in', await rig.put('in')));
  t.strictSame(states(rig), { 'in/shunt': 1 });
  t.match(rig.reason('in', 'shunt'), /^\S+Z its header section is too large\n$/);
  t.match(context.report, { taken: 1, deferred: 0, shunted: 1 });
  t.match(rig.events, [{ level: 'warning', event: 'entry-shunt', fields: { reason: /too large/ } }]);
  t.equal((await rig.only('in', 'shunt')).name.failures, 0);
});

await t.test('a runner that cannot be opened fails its entries, not the run', async (t) => {
  using rig = spoolRig();
  const error = new ExpectedError(78, 'the module x does not export a function "run"');
  const openRunner = () => Promise.reject(error);
  await workEntry(
    contextOf(rig, () => done(), { openRunner }),
    rig.placeOf('in', await rig.put('in')),
  );
  t.strictSame(states(rig), { 'in/deferred': 1 });
  t.match(rig.events, [{ fields: { reason: /does not export/ } }]);
});

await t.test('a verdict that cannot be carried out is shunted, with what was wrong', async (t) => {
  using rig = spoolRig();
  await workEntry(
    contextOf(rig, () => done(pass('nowhere'))),
    rig.placeOf('in', await rig.put('in')),
  );
  t.strictSame(states(rig), { 'in/shunt': 1 });
  t.match(rig.reason('in', 'shunt'), /no queue "nowhere": known are in, out/);
  t.match(rig.events, [{ level: 'warning', event: 'entry-shunt', fields: { reason: /nowhere/ } }]);
});

await t.test('what a runner hands over wrongly is its bug, and counted', async (t) => {
  using rig = spoolRig();
  const broken = { kind: 'done', outputs: null };
  await workEntry(
    contextOf(rig, () => broken as never),
    rig.placeOf('in', await rig.put('in')),
  );
  t.match(states(rig), { 'in/deferred': 1 });
  t.equal((await rig.only('in', 'deferred')).name.failures, 1);
});

await t.test('what is no entry goes to bad/, with the reason beside it', async (t) => {
  using rig = spoolRig();
  const id = await rig.put('in');
  rig.write(`in/new/${id}`, 'From: somebody\n');
  const context = contextOf(rig, () => done());
  await workEntry(context, rig.placeOf('in', id));
  t.strictSame(states(rig), { 'in/bad': 1 });
  t.match(rig.reason('in', 'bad'), /its first line is not that of an entry/);
  t.match(context.report, { bad: 1, done: 0 });
  t.match(rig.events, [{ level: 'warning', event: 'entry-bad', fields: { id } }]);
});

await t.test('an entry that somebody else took is nobody’s trouble', async (t) => {
  using rig = spoolRig();
  const id = await rig.put('in');
  unlinkSync(rig.placeOf('in', id).path);
  const context = contextOf(rig, () => done());
  await workEntry(context, rig.placeOf('in', id));
  t.equal(context.report.taken, 0);
});

await t.test('when the spool fails, the entry is back in new/ and the claim forgotten', async (t) => {
  const temporary = { name: 'TemporaryError', status: 75 };

  await t.test('its output cannot be written', async (t) => {
    using rig = spoolRig();
    const id = await rig.put('in');
    rmdirSync(rig.spool.layout.directory('out', 'tmp'));
    rig.write('out/tmp', 'a file in its place');
    const context = contextOf(rig, () => done(pass('out')));
    await t.rejects(workEntry(context, rig.placeOf('in', id)), {
      ...temporary,
      message: /cannot finish entry/,
    });
    t.strictSame(rig.files('in', 'new'), [id]);
    t.strictSame(rig.files('in', 'active'), []);
  });

  await t.test('its journal cannot be read: nobody knows what was delivered', async (t) => {
    using rig = spoolRig();
    const id = await rig.put('in');
    mkdirSync(rig.spool.layout.journal('in', id));
    let ran = false;
    const context = contextOf(rig, () => {
      ran = true;
      return done();
    });
    await t.rejects(workEntry(context, rig.placeOf('in', id)), {
      ...temporary,
      message: /journal .* is not a file/,
    });
    t.strictSame(rig.files('in', 'new'), [id]);
    t.notOk(ran);
  });

  await t.test('it cannot be claimed', async (t) => {
    using rig = spoolRig();
    const id = await rig.put('in');
    rmdirSync(rig.spool.layout.directory('in', 'active'));
    const context = contextOf(rig, () => done());
    await t.rejects(workEntry(context, rig.placeOf('in', id)), { ...temporary, message: /cannot claim/ });
    t.strictSame(rig.files('in', 'new'), [id]);
  });

  await t.test('and when not even that is possible, it stays for recovery', async (t) => {
    using rig = spoolRig();
    const id = await rig.put('in');
    const context = contextOf(rig, () => {
      rmdirSync(join(rig.root, 'in', 'new'));
      rmdirSync(join(rig.root, 'out', 'tmp'));
      return done(pass('out'));
    });
    const first = { ...temporary, message: /out\/tmp/ };
    await t.rejects(workEntry(context, rig.placeOf('in', id)), first, 'the first error is told');
    t.strictSame(rig.files('in', 'active'), [`${id},c1`]);
  });
});

await t.test('the journal is there for the run after', async (t) => {
  using rig = spoolRig();
  const id = await rig.put('in');
  const until = rig.clock.now();
  const half: Work = async (_entry, { journal }) => {
    await journal.append({ delivered: 'a@b' });
    return { kind: 'defer', until, reason: 'later', failed: false };
  };
  await workEntry(contextOf(rig, half), rig.placeOf('in', id));
  const { name, file } = await rig.only('in', 'deferred');
  const rest: Work = (_entry, { journal }) => {
    t.strictSame(journal.records(), [{ delivered: 'a@b' }]);
    return done();
  };
  await workEntry(contextOf(rig, rest), { queue: 'in', state: 'deferred', path: file.path, name });
  await Promise.all(syncs.splice(0).map((sync) => sync()));
  t.strictSame(states(rig), {}, 'and gone with its entry');
});

await t.test(
  'a runner that does not end after the run was told to: the entry is put back, its claim not counted',
  async (t) => {
    using rig = spoolRig();
    const id = await rig.put('in');
    const overdue = new AbortController();
    const context = contextOf(
      rig,
      () => {
        overdue.abort();
        return new Promise<never>(() => {});
      },
      { overdue: overdue.signal },
    );
    t.equal(await workEntry(context, rig.placeOf('in', id)), true);
    t.strictSame(rig.files('in', 'new'), [id]);
    t.match(rig.events, [{ level: 'warning', event: 'entry-put-back', fields: { queue: 'in', id } }]);
    t.equal(
      await workEntry(context, rig.placeOf('in', rig.spool.freshId())),
      false,
      'what is gone is nobody’s work',
    );
  },
);

await t.test('the claim is on the disk before the work begins', async (t) => {
  using rig = spoolRig();
  const order: string[] = [];
  const spool = {
    ...rig.spool,
    syncDirectory: async (path: string) => {
      order.push(path.slice(rig.root.length + 1));
      await rig.spool.syncDirectory(path);
    },
  };
  const context = contextOf(
    rig,
    () => {
      order.push('work');
      return done();
    },
    { spool, settling: settlingBy(spool) },
  );
  await workEntry(context, rig.placeOf('in', await rig.put('in')));
  await Promise.all(syncs.splice(0).map((sync) => sync()));
  t.strictSame(order, ['in/active', 'work', 'in/active']);
});

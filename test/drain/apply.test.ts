import { renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type ApplyContext, applyVerdict } from '../../lib/drain/apply.ts';
import { openEntry } from '../../lib/drain/open-entry.ts';
import { emptyReport } from '../../lib/drain/report.ts';
import type { Verdict } from '../../lib/runners/runner.ts';
import { EMPTY_META, type Output } from '../../lib/spool/entry.ts';
import { readEntryFile } from '../../lib/spool/entry-file.ts';
import type { Place } from '../../lib/spool/move.ts';
import type { Spool } from '../../lib/spool/spool.ts';
import { done, pass } from '../support/run-spool.ts';
import { type SpoolRig, spoolRig } from '../support/spool-rig.ts';

/** What a queue waits for before it counts as drained. */
const syncs: (() => Promise<void>)[] = [];

const settlingBy = (spool: Pick<Spool, 'syncDirectory'>) => ({
  add: (directory: string, then: () => void) =>
    void syncs.push(async () => spool.syncDirectory(directory).then(then)),
});

function contextOf(rig: SpoolRig, drained: readonly string[] = []): ApplyContext {
  return {
    spool: rig.spool,
    drained: (queue) => drained.includes(queue),
    failureLimit: 3,
    report: emptyReport('in'),
    settling: settlingBy(rig.spool),
  };
}

async function apply(context: ApplyContext, place: Place, verdict: Verdict) {
  const file = readEntryFile(place.path);
  if (typeof file === 'string') throw new Error(file);
  const applied = await applyVerdict(context, place, openEntry(place, file), verdict);
  await Promise.all(syncs.splice(0).map((sync) => sync()));
  return applied;
}

/** What lies where, without the bell of the message that was put. */
function states(rig: SpoolRig): Record<string, number> {
  const { bell: _, ...counts } = rig.counts();
  return counts;
}

function output(head: string, tailFrom: number | null): Output {
  return { queue: 'out', meta: EMPTY_META, message: { head: Buffer.from(head), tailFrom } };
}

await t.test('done', async (t) => {
  await t.test('without outputs, nothing is left', async (t) => {
    using rig = spoolRig();
    const context = contextOf(rig);
    t.equal(await apply(context, await rig.putActive('in'), done()), 'done');
    t.strictSame(states(rig), {});
    t.match(context.report, { done: 1, outputs: 0 });
  });

  await t.test('with outputs, they are accepted and the input is gone', async (t) => {
    using rig = spoolRig(['in', 'out', 'archive']);
    const context = contextOf(rig, ['archive']);
    const place = await rig.putActive('in', 'hello');
    unlinkSync(join(rig.spool.layout.bell, rig.bells()[0] ?? ''));
    t.equal(await apply(context, place, done(pass('out'), pass('archive'))), 'done');
    t.strictSame(states(rig), { 'out/new': 1, 'archive/new': 1 });
    t.match(context.report, { done: 1, outputs: 2 });
    const { name, message } = await rig.only('out', 'new');
    t.equal(message, 'hello');
    t.strictSame(rig.bells(), [`out,${name.id}`], 'what this run drains itself needs no bell');
  });

  await t.test('an output is a new head and the rest of the message', async (t) => {
    const rows: readonly [string, number | null, string][] = [
      ['', 0, 'Subject: x\n\nbody\n'],
      ['Subject: y\n', 11, 'Subject: y\n\nbody\n'],
      ['only this', null, 'only this'],
      ['at its end|', 17, 'at its end|'],
      ['', null, ''],
    ];
    for (const [head, tailFrom, expected] of rows) {
      using rig = spoolRig();
      await apply(
        contextOf(rig),
        await rig.putActive('in', 'Subject: x\n\nbody\n'),
        done(output(head, tailFrom)),
      );
      t.equal((await rig.only('out', 'new')).message, expected, JSON.stringify(expected));
    }
  });
});

await t.test('each step is durable before the next', async (t) => {
  using rig = spoolRig();
  const seen: { synced: string; states: Record<string, number> }[] = [];
  const syncDirectory = async (path: string) => {
    seen.push({ synced: path.slice(rig.root.length + 1), states: states(rig) });
    await rig.spool.syncDirectory(path);
  };
  const spool = { ...rig.spool, syncDirectory };
  const context = { ...contextOf(rig), spool, settling: settlingBy(spool) };
  const place = await rig.putActive('in');
  await apply(context, place, done(pass('out')));
  t.strictSame(seen.splice(0), [
    { synced: 'out/tmp', states: { 'in/active': 1, 'out/tmp': 1 } },
    { synced: 'in/done', states: { 'in/done': 1, 'out/tmp': 1 } },
    { synced: 'out/new', states: { 'in/done': 1, 'out/new': 1 } },
  ]);
  await apply(context, await rig.putActive('in'), done());
  t.strictSame(seen, [{ synced: 'in/active', states: { 'out/new': 1 } }], 'what was done must not come back');
});

await t.test('hold', async (t) => {
  using rig = spoolRig();
  const context = contextOf(rig);
  const notice = output('please look\n', null);
  t.equal(
    await apply(context, await rig.putActive('in'), { kind: 'hold', reason: 'no member', outputs: [notice] }),
    'hold',
  );
  t.strictSame(states(rig), { 'in/held': 1, 'out/new': 1 });
  t.match(rig.reason('in', 'held'), /no member/);
  t.match(context.report, { held: 1, outputs: 1 });
  const bare = { kind: 'hold', reason: 'no notice', outputs: [] } as const;
  t.equal(await apply(context, await rig.putActive('in'), bare), 'hold');
  t.strictSame(states(rig), { 'in/held': 2, 'out/new': 1 });
});

await t.test('defer', async (t) => {
  using rig = spoolRig();
  const context = contextOf(rig);
  const until = rig.clock.now() + 60_000;
  const wait = { kind: 'defer', until, reason: 'later', failed: false } as const;
  t.equal(await apply(context, await rig.putActive('in'), wait), 'defer');
  const { name } = await rig.only('in', 'deferred');
  t.match(name, { due: until * 1000, failures: 0, claims: 0 });

  await t.test('counts failures up to the limit', async (t) => {
    const place = await rig.putActive('in');
    const path = `${place.path},f2`;
    renameSync(place.path, path);
    const failing = { ...place, path, name: { ...place.name, failures: 2 } };
    t.equal(await apply(context, failing, { ...wait, failed: true, reason: 'still no route' }), 'shunt');
    t.match(rig.reason('in', 'shunt'), /failed 3 times, the last time: still no route/);
    t.match(context.report, { deferred: 1, shunted: 1 });
  });
});

await t.test('shunt', async (t) => {
  using rig = spoolRig();
  const context = contextOf(rig);
  t.equal(await apply(context, await rig.putActive('in'), { kind: 'shunt', reason: 'a bug' }), 'shunt');
  t.match(rig.reason('in', 'shunt'), /a bug/);
  t.match(context.report, { shunted: 1 });
});

await t.test('a verdict that cannot be carried out changes nothing', async (t) => {
  using rig = spoolRig();
  const place = await rig.putActive('in', 'short');
  const verdicts: readonly [Verdict, RegExp][] = [
    [done(pass('out'), pass('nowhere')), /no queue "nowhere"/],
    [done(output('', 6)), /begins at byte 6 of a message of 5 bytes/],
    [done(output('', -1)), /begins at byte -1/],
    [done(output('', Number.NaN)), /begins at byte NaN/],
    [{ kind: 'defer', until: Number.NaN, reason: '', failed: true }, /deferred until NaN/],
    [{ kind: 'defer', until: Number.POSITIVE_INFINITY, reason: '', failed: true }, /deferred until Infinity/],
    [{ kind: 'defer', until: 1e300, reason: '', failed: true }, /deferred until 1e\+300/],
    [{ kind: 'defer', until: -1, reason: '', failed: true }, /deferred until -1/],
  ];
  for (const [verdict, message] of verdicts) {
    await t.rejects(apply(contextOf(rig), place, verdict), {
      name: 'ExpectedError',
      status: /67|70/,
      message,
    });
    t.strictSame(states(rig), { 'in/active': 1 }, String(message));
  }
});

await t.test('an input that cannot be committed leaves no outputs', async (t) => {
  await t.test('for trouble', async (t) => {
    using rig = spoolRig();
    const place = await rig.putActive('in');
    rmdirSync(rig.spool.layout.directory('in', 'done'));
    await t.rejects(apply(contextOf(rig), place, done(pass('out'))), { code: 'ENOENT' });
    t.strictSame(states(rig), { 'in/active': 1 });
  });

  await t.test('because it is gone', async (t) => {
    using rig = spoolRig();
    const place = await rig.putActive('in');
    const file = readEntryFile(place.path);
    if (typeof file === 'string') throw new Error(file);
    unlinkSync(place.path);
    const verdict = done(output('x', null));
    await t.rejects(applyVerdict(contextOf(rig), place, openEntry(place, file), verdict), {
      message: /vanished/,
    });
    t.strictSame(states(rig), {});
  });
});

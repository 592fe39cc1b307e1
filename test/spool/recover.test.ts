import { existsSync, mkdirSync, readFileSync, rmdirSync, unlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { EMPTY_META } from '../../lib/spool/entry.ts';
import { HASH_SPACE, hashPlace } from '../../lib/spool/entry-name.ts';
import { openJournal } from '../../lib/spool/journal.ts';
import { claim, commit, finish, hold, type Place } from '../../lib/spool/move.ts';
import { publishOutputs, type Staged, stageOutputs } from '../../lib/spool/outputs.ts';
import { type HashRange, sliceRange, WHOLE } from '../../lib/spool/range.ts';
import { recoverQueue, STALE_TMP_MS } from '../../lib/spool/recover.ts';
import { outputId } from '../../lib/spool/spool.ts';
import { type SpoolRig, spoolRig } from '../support/spool-rig.ts';

const QUEUES = ['in', 'out', 'archive'];
const TARGETS = ['out', 'archive', 'out'];

/** The hop of an entry, step by step: a test stops between two steps, as a killed process does. */
function hopSteps(rig: SpoolRig, place: Place): (() => Promise<void> | void)[] {
  const { spool } = rig;
  const input = { queue: 'in', id: place.name.id };
  const outputs = TARGETS.map((queue, n) => ({
    queue,
    meta: EMPTY_META,
    message: [Buffer.from(`output ${n}`)],
  }));
  let staged: Staged[] = [];
  let committed: Place | null = null;
  return [
    // Partly staged: the third is not written yet.
    async () => void (await stageOutputs(spool, input, outputs.slice(0, 2))),
    async () => {
      staged = await stageOutputs(spool, input, outputs);
    },
    () => {
      committed = commit(spool.layout, place);
    },
    () => publishOutputs(spool, staged.slice(0, 1)),
    () => publishOutputs(spool, staged),
    () => void (committed && finish(spool.layout, committed)),
  ];
}

/** A later run, in another process: sets right what was left, and does the work again where it has to be done. */
async function laterRun(rig: SpoolRig): Promise<void> {
  const spool = rig.reopened();
  await recoverQueue(spool, 'in', WHOLE);
  for (const file of rig.files('in', 'new')) {
    const [id = '', claims] = file.split(',c');
    const place = claim(spool.layout, rig.placeOf('in', id, 'new', { claims: Number(claims ?? 0) }));
    if (!place) throw new Error(`${file} cannot be claimed`);
    for (const step of hopSteps(rig, place)) await step();
  }
}

await t.test('killed after any step, each output is accepted once', async (t) => {
  for (let stop = 0; stop <= 6; stop++) {
    await t.test(`after step ${stop}`, async (t) => {
      using rig = spoolRig(QUEUES);
      const place = await rig.putActive('in');
      for (const step of hopSteps(rig, place).slice(0, stop)) await step();
      await laterRun(rig);
      const input = { queue: 'in', id: place.name.id };
      t.strictSame(rig.files('out', 'new'), [outputId(input, 'out', 0), outputId(input, 'out', 2)].sort());
      t.strictSame(rig.files('archive', 'new'), [outputId(input, 'archive', 1)]);
      const { bell: _, ...counts } = rig.counts();
      t.strictSame(counts, { 'out/new': 2, 'archive/new': 1 }, 'and nothing else is left');
      t.equal((await rig.only('archive', 'new')).message, 'output 1');
    });
  }
});

await t.test('an output that another run has taken away meanwhile does not come back', async (t) => {
  for (const stop of [4, 5, 6]) {
    using rig = spoolRig(QUEUES);
    const place = await rig.putActive('in');
    for (const step of hopSteps(rig, place).slice(0, stop)) await step();
    const taken = outputId({ queue: 'in', id: place.name.id }, 'out', 0);
    unlinkSync(join(rig.spool.layout.directory('out', 'new'), taken));
    await laterRun(rig);
    const { bell: _, ...counts } = rig.counts();
    t.strictSame(counts, { 'out/new': 1, 'archive/new': 1 }, `after step ${stop}`);
  }
});

await t.test('the bells of what is published are rung: nobody knows which were', async (t) => {
  for (const stop of [3, 4, 5]) {
    using rig = spoolRig(QUEUES);
    const place = await rig.putActive('in');
    await rig.put('out');
    for (const step of hopSteps(rig, place).slice(0, stop)) await step();
    for (const bell of rig.bells()) unlinkSync(join(rig.spool.layout.bell, bell));
    t.strictSame(await recoverQueue(rig.spool, 'in', WHOLE), [{ kind: 'published', id: place.name.id }]);
    const input = { queue: 'in', id: place.name.id };
    t.strictSame(
      rig.bells(),
      TARGETS.map((queue, n) => `${queue},${outputId(input, queue, n)}`).sort(),
      `after step ${stop}, and no other`,
    );
  }
});

await t.test('recovery that is killed itself is done again', async (t) => {
  using rig = spoolRig(QUEUES);
  const place = await rig.putActive('in');
  for (const step of hopSteps(rig, place).slice(0, 3)) await step();
  let left = 1;
  const syncDirectory = async () => {
    if (left-- <= 0) throw new Error('killed');
  };
  await t.rejects(recoverQueue({ ...rig.spool, syncDirectory }, 'in', WHOLE), { message: 'killed' });
  await laterRun(rig);
  t.match(rig.counts(), { 'out/new': 2, 'archive/new': 1 });
  t.strictSame(rig.files('in', 'done'), []);
});

await t.test('an entry that was held is committed: its notices go out', async (t) => {
  using rig = spoolRig(QUEUES);
  const place = await rig.putActive('in');
  const notice = { queue: 'out', meta: EMPTY_META, message: [Buffer.from('please look')] };
  await stageOutputs(rig.spool, { queue: 'in', id: place.name.id }, [notice]);
  hold(rig.spool.layout, place, 'not a member');
  t.match(await recoverQueue(rig.spool, 'in', WHOLE), [{ kind: 'published' }]);
  t.match(rig.counts(), { 'in/held': 1, 'out/new': 1 });
  t.strictSame(rig.files('out', 'tmp'), []);
  t.strictSame(await recoverQueue(rig.spool, 'in', WHOLE), [], 'once');
});

await t.test('an entry that was put back has not been committed: its outputs are removed', async (t) => {
  using rig = spoolRig(QUEUES);
  const id = await rig.put('in');
  const output = { queue: 'out', meta: EMPTY_META, message: [Buffer.from('x')] };
  await stageOutputs(rig.spool, { queue: 'in', id }, [output]);
  t.strictSame(await recoverQueue(rig.spool, 'in', WHOLE), []);
  t.match(rig.counts(), { 'in/new': 1 });
  t.strictSame(rig.files('out', 'tmp'), []);
});

await t.test('abandoned entries go back, until three runs have died over them', async (t) => {
  using rig = spoolRig(QUEUES);
  const id = await rig.put('in');
  for (let claims = 0; claims < 3; claims++) {
    t.ok(claim(rig.spool.layout, rig.placeOf('in', id, 'new', { claims })));
    const kind = claims < 2 ? 'returned' : 'poison';
    t.strictSame(await recoverQueue(rig.spool, 'in', WHOLE), [{ kind, id }], `claim ${claims + 1}`);
  }
  t.strictSame(rig.files('in', 'shunt')[0], `${id},c3`);
  t.match(rig.reason('in', 'shunt'), /3 runs in a row died while they worked on it/);
  t.strictSame([...rig.files('in', 'new'), ...rig.files('in', 'active')], []);
});

await t.test('a directory under the name of an entry in done/ is set aside', async (t) => {
  using rig = spoolRig();
  const id = await rig.put('in');
  const name = '1795420800123456-9f86d081884c7d659a2f';
  mkdirSync(join(rig.spool.layout.directory('in', 'done'), name));
  t.strictSame(await recoverQueue(rig.spool, 'in', WHOLE), [{ kind: 'bad', id: name }]);
  t.strictSame(rig.files('in', 'done'), []);
  const reason = join(rig.spool.layout.directory('in', 'bad'), `${name}.reason`);
  t.match(readFileSync(reason, 'utf8'), /it is a directory$/m);
  t.strictSame(rig.files('in', 'new'), [id]);
});

await t.test('foreign files in active/ and done/ are set aside', async (t) => {
  using rig = spoolRig(QUEUES);
  rig.write('in/active/README', 'x');
  rig.write('in/done/README', 'y');
  t.strictSame(await recoverQueue(rig.spool, 'in', WHOLE), [
    { kind: 'bad', id: 'README' },
    { kind: 'bad', id: 'README.1' },
  ]);
  t.strictSame(rig.files('in', 'bad'), ['README', 'README.1', 'README.1.reason', 'README.reason']);
});

await t.test('what a producer left in tmp/ goes when it is stale', async (t) => {
  using rig = spoolRig(QUEUES);
  const age = (path: string, ageMs: number) => {
    const at = (rig.clock.now() - ageMs) / 1000;
    utimesSync(rig.write(path, 'half'), at, at);
  };
  const [old, young] = [rig.spool.freshId(), rig.spool.freshId()];
  age(`in/tmp/${old}`, STALE_TMP_MS);
  age(`in/tmp/${young}`, STALE_TMP_MS - 1000);
  age(`in/tmp/${old}@out@${old}`, STALE_TMP_MS * 2);
  age(`out/tmp/${old}`, STALE_TMP_MS);
  t.strictSame(await recoverQueue(rig.spool, 'in', WHOLE), [{ kind: 'stale', id: old }]);
  t.strictSame(
    rig.files('in', 'tmp'),
    [young, `${old}@out@${old}`].sort(),
    'a staged output is not a producer’s',
  );
  t.strictSame(rig.files('out', 'tmp'), [old], 'another queue is another run’s');
  rig.clock.advance(1000);
  t.strictSame(await recoverQueue(rig.spool, 'in', WHOLE), [{ kind: 'stale', id: young }]);
});

/** Claims are told apart by the time of the file system, whose clock may tick as seldom as this; runs die less often. */
const TICK_MS = 12;

await t.test('each run that dies over an entry is noted, and poison comes with its history', async (t) => {
  using rig = spoolRig(QUEUES);
  const { layout } = rig.spool;
  const id = await rig.put('in');
  for (let claims = 1; claims <= 3; claims++) {
    const before = claims === 1 ? {} : { claims: claims - 1 };
    await sleep(TICK_MS);
    t.ok(claim(layout, rig.placeOf('in', id, 'new', before)));
    rig.clock.advance(60_000);
    const [action] = await recoverQueue(rig.spool, 'in', WHOLE);
    t.equal(action?.kind, claims < 3 ? 'returned' : 'poison');
  }
  const lines = rig.reason('in', 'shunt').trimEnd().split('\n');
  t.match(lines[0], /Z 3 runs in a row died while they worked on it$/);
  t.equal(lines.length, 4);
  for (const line of lines.slice(1)) t.match(line, /^claimed \S+Z, its run found dead \S+Z$/);
  const journal = openJournal(rig.spool, 'in', id);
  t.strictSame(journal.records(), [], 'a runner sees nothing of it');
  t.equal(journal.crashes().length, 3);
  journal.close();
});

await t.test('a run that dies after it noted something new is no step towards poison', async (t) => {
  using rig = spoolRig(QUEUES);
  const { layout } = rig.spool;
  const id = await rig.put('in');
  /** A run that notes this, and dies. */
  const die = async (claims: number, note?: unknown) => {
    await sleep(TICK_MS);
    t.ok(claim(layout, rig.placeOf('in', id, 'new', claims === 0 ? {} : { claims })));
    if (note !== undefined) {
      const journal = openJournal(rig.spool, 'in', id);
      await journal.append(note);
      journal.close();
    }
    rig.clock.advance(60_000);
    const [action] = await recoverQueue(rig.spool, 'in', WHOLE);
    return action?.kind;
  };
  for (let sent = 0; sent < 10; sent++) t.equal(await die(0, { sent }), 'returned', `run ${sent}`);
  t.strictSame(rig.files('in', 'new'), [id], 'its claims are not counted');
  t.equal(await die(0), 'returned');
  t.equal(await die(1), 'returned');
  t.strictSame(rig.files('in', 'new'), [`${id},c2`]);
  t.equal(await die(2, { sent: 10 }), 'returned', 'further, and the count begins again');
  t.equal(await die(0, { sent: 3 }), 'returned', 'what was there before is nothing new');
  t.equal(await die(1, { sent: 3 }), 'returned');
  t.equal(await die(2), 'poison');
  const lines = rig.reason('in', 'shunt').trimEnd().split('\n');
  t.match(lines[0], /3 runs in a row died/);
  t.equal(lines.filter((line) => line.endsWith(', after it had come further')).length, 11);
});

await t.test('a note that cannot be made keeps nothing from being recovered', async (t) => {
  using rig = spoolRig(QUEUES);
  const place = await rig.putActive('in');
  mkdirSync(rig.spool.layout.journal('in', place.name.id));
  t.strictSame(await recoverQueue(rig.spool, 'in', WHOLE), [{ kind: 'returned', id: place.name.id }]);
});

await t.test('a slice leaves what is not its own', async (t) => {
  using rig = spoolRig(QUEUES);
  const place = await rig.putActive('in');
  for (const step of hopSteps(rig, place).slice(0, 3)) await step();
  const other = await rig.putActive('in');
  await stageOutputs(rig.spool, { queue: 'in', id: other.name.id }, []);
  const slices: HashRange[] = [sliceRange(0, 2), sliceRange(1, 2)];
  const mine = hashPlace(place.name.id) < HASH_SPACE / 2 ? 0 : 1;
  const theirs = hashPlace(other.name.id) < HASH_SPACE / 2 ? 0 : 1;
  const found: Record<number, string[]> = {};
  for (const [n, slice] of slices.entries()) {
    found[n] = (await recoverQueue(rig.spool, 'in', slice)).map(({ kind, id }) => `${kind} ${id}`);
  }
  t.ok(found[mine]?.includes(`published ${place.name.id}`));
  t.ok(found[theirs]?.includes(`returned ${other.name.id}`));
  t.equal(Object.values(found).flat().length, 2, 'each is set right once');
  t.notOk(existsSync(other.path));
});

await t.test('while a tmp/ cannot be looked into, nothing that was committed is finished', async (t) => {
  using rig = spoolRig(QUEUES);
  const place = await rig.putActive('in');
  const other = await rig.putActive('archive');
  commit(rig.spool.layout, place);
  rmdirSync(rig.spool.layout.directory('out', 'tmp'));
  rig.write('out/tmp', 'a file in its place');
  await t.rejects(recoverQueue(rig.spool, 'in', WHOLE), { code: 'ENOTDIR' });
  t.equal(rig.files('in', 'done').length, 1);
  t.strictSame(await recoverQueue(rig.spool, 'archive', WHOLE), [{ kind: 'returned', id: other.name.id }]);
});

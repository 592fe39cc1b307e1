import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { bucketOf, entryId, formatName, newName } from '../../lib/spool/entry-name.ts';
import { sliceRange, WHOLE } from '../../lib/spool/range.ts';
import { buckets, eachDue, eachIn, findWork, isIdle, waiting } from '../../lib/spool/scan.ts';
import { type SpoolRig, spoolRig } from '../support/spool-rig.ts';

/** An entry's name alone: a scan opens no file. */
function touch(rig: SpoolRig, path: string): void {
  writeFileSync(join(rig.root, path), '');
}

function touchDeferred(rig: SpoolRig, id: string, dueMicros: number): string {
  const file = formatName({ ...newName(id), due: dueMicros });
  mkdirSync(join(rig.root, 'in', 'deferred', bucketOf(dueMicros)), { recursive: true });
  touch(rig, join('in', 'deferred', bucketOf(dueMicros), file));
  return file;
}

const LOW = '1'.repeat(20);
const HIGH = 'f'.repeat(20);

await t.test('work is what is new or due, oldest first', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const now = rig.clock.now() * 1000;
  touch(rig, `in/new/${entryId(300, LOW)}`);
  touch(rig, `in/new/${entryId(100, HIGH)},c1`);
  const due = [
    touchDeferred(rig, entryId(200, LOW), now - 3_600_000_000),
    touchDeferred(rig, entryId(50, LOW), now),
  ];
  touchDeferred(rig, entryId(10, LOW), now + 1);
  touchDeferred(rig, entryId(20, LOW), now + 86_400_000_000);
  touch(rig, `in/active/${entryId(1, LOW)}`);
  touch(rig, `out/new/${entryId(2, LOW)}`);
  t.strictSame(
    findWork(layout, 'in', WHOLE, now).map(({ state, file }) => `${state}/${file}`),
    [`deferred/${due[1]}`, `new/${entryId(100, HIGH)},c1`, `deferred/${due[0]}`, `new/${entryId(300, LOW)}`],
  );
  t.strictSame(
    findWork(layout, 'in', sliceRange(1, 2), now).map(({ file }) => file),
    [`${entryId(100, HIGH)},c1`],
    'a slice sees its own',
  );
});

await t.test('foreign names are found by the run that has the start of the hash space', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const now = rig.clock.now() * 1000;
  const bucket = join('in', 'deferred', bucketOf(now));
  mkdirSync(join(rig.root, bucket));
  const later = bucketOf(now + 120_000_000);
  const foreign = [
    'in/new/README',
    'in/deferred/notes',
    'in/deferred/20261123T0001Z',
    join(bucket, entryId(1, LOW)),
  ];
  for (const path of foreign) touch(rig, path);
  for (const path of ['in/new/.nfs0001', 'in/deferred/.nfs0002', join(bucket, '.nfs0003')]) touch(rig, path);
  const found = findWork(layout, 'in', WHOLE, now);
  t.ok(found.every(({ name }) => name === null));
  t.strictSame(
    found.map(({ directory, file }) => join(directory, file)).sort(),
    foreign.map((path) => join(rig.root, path)).sort(),
    'a file in the place of a bucket is one; what NFS keeps is none',
  );
  t.strictSame(findWork(layout, 'in', sliceRange(1, 2), now), []);
  t.strictSame(buckets(layout, 'in'), [bucketOf(now)]);
  touch(rig, `in/deferred/${later}`);
  t.equal(waiting(layout, 'in', 10).nextDue, null, 'nor does it disturb the look at what waits');
});

await t.test('reasons are no entries', async (t) => {
  using rig = spoolRig();
  const id = entryId(1, LOW);
  for (const state of ['held', 'shunt', 'bad'] as const) {
    touch(rig, `in/${state}/${id}`);
    touch(rig, `in/${state}/${id}.reason`);
    t.strictSame(
      [...eachIn(rig.spool.layout, 'in', state)].map(({ file }) => file),
      [id],
      state,
    );
  }
  touch(rig, `in/new/x.reason`);
  t.equal([...eachIn(rig.spool.layout, 'in', 'new')].length, 1, 'in new/ such a name is a foreign one');
});

await t.test('a queue is idle when a run would find nothing', async (t) => {
  const id = entryId(1, HIGH);
  for (const state of ['new', 'active', 'done', 'held', 'shunt', 'bad', 'tmp'] as const) {
    using rig = spoolRig();
    const now = rig.clock.now() * 1000;
    t.ok(isIdle(rig.spool.layout, 'in', WHOLE, now));
    touch(rig, `in/${state}/${id}`);
    const work = ['new', 'active', 'done'].includes(state);
    t.equal(isIdle(rig.spool.layout, 'in', WHOLE, now), !work, state);
    t.ok(isIdle(rig.spool.layout, 'in', sliceRange(0, 2), now), `${state}, another slice`);
  }
  using rig = spoolRig();
  const now = rig.clock.now() * 1000;
  touchDeferred(rig, id, now + 60_000_000);
  t.ok(isIdle(rig.spool.layout, 'in', WHOLE, now), 'what waits is no work');
  t.notOk(isIdle(rig.spool.layout, 'in', WHOLE, now + 60_000_000), 'until it is due');
});

await t.test('the next due time', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  t.equal(waiting(layout, 'in', 10).nextDue, null);
  const minute = Math.floor(rig.clock.now() / 60_000) * 60_000_000;
  touchDeferred(rig, entryId(1, LOW), minute + 90_000_000);
  touchDeferred(rig, entryId(2, LOW), minute + 65_000_000);
  touchDeferred(rig, entryId(3, LOW), minute + 70_000_000);
  mkdirSync(join(layout.directory('in', 'deferred'), bucketOf(minute)));
  t.equal(waiting(layout, 'in', 10).nextDue, minute + 65_000_000, 'the earliest, past an empty bucket');
});

await t.test('only the buckets that may be due are read', async (t) => {
  using rig = spoolRig();
  const now = rig.clock.now() * 1000;
  const directory = join(rig.spool.layout.directory('in', 'deferred'), bucketOf(now + 60_000_000));
  mkdirSync(directory);
  writeFileSync(join(directory, formatName({ ...newName(entryId(1, LOW)), due: now - 1 })), '');
  t.strictSame(
    [...eachDue(rig.spool.layout, 'in', WHOLE, now)],
    [],
    'an entry in a later minute is not seen',
  );
});

await t.test('a state that is not there has nothing in it, one that cannot be read is trouble', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  rmdirSync(layout.directory('in', 'new'));
  rmdirSync(layout.directory('in', 'deferred'));
  t.strictSame(findWork(layout, 'in', WHOLE, 0), []);
  rig.write('in/new', 'a file');
  t.throws(() => findWork(layout, 'in', WHOLE, 0), { code: 'ENOTDIR' });
});

await t.test('a look brings the oldest, and no more than it was asked for', (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const now = rig.clock.now() * 1000;
  // In an order that is neither theirs nor its reverse.
  for (let n = 0; n < 100; n++) touch(rig, `in/new/${entryId((n * 37) % 100, LOW)}`);
  touchDeferred(rig, entryId(0, HIGH), now - 1);
  touch(rig, 'in/new/README');
  const times = findWork(layout, 'in', WHOLE, now, 9).map(({ name }) => name && Number(name.id.slice(0, 16)));
  t.strictSame(times, [null, 0, 0, 1, 2, 3, 4, 5, 6]);
  t.equal(findWork(layout, 'in', WHOLE, now, 1000).length, 102);
  t.end();
});

await t.test('what waits longer than anything may was put there by a wrong clock', (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const now = rig.clock.now() * 1000;
  const day = 86_400_000_000;
  touchDeferred(rig, entryId(1, LOW), now + 29 * day);
  const wrong = touchDeferred(rig, entryId(2, LOW), now + 40 * day);
  t.strictSame(
    findWork(layout, 'in', WHOLE, now).map(({ file }) => file),
    [wrong],
  );
  t.end();
});

await t.test('what waits is counted up to the limit', (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const minute = Math.ceil(rig.clock.now() / 60_000) * 60_000_000;
  for (let n = 1; n <= 5; n++) touchDeferred(rig, entryId(n, LOW), minute + n * 1_000_000);
  for (let n = 1; n <= 5; n++) touchDeferred(rig, entryId(n, HIGH), minute + 60_000_000 + n);
  t.strictSame(waiting(layout, 'in', 100), { count: 10, nextDue: minute + 1_000_000 });
  const { count, nextDue } = waiting(layout, 'in', 3);
  t.equal(count, 3);
  t.ok(nextDue !== null && nextDue >= minute && nextDue < minute + 60_000_000, 'the minute is right');
  t.strictSame(waiting(layout, 'in', 7), { count: 7, nextDue: minute + 1_000_000 });
  t.end();
});

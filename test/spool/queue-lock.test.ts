import t from 'tap';
import { lockQueue } from '../../lib/spool/queue-lock.ts';
import { sliceRange, WHOLE } from '../../lib/spool/range.ts';
import { spoolRig } from '../support/spool-rig.ts';

await t.test('two runs over one queue exclude each other', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const held = await lockQueue(layout, 'in', WHOLE);
  t.ok(held);
  t.equal(await lockQueue(layout, 'in', WHOLE), null);
  t.equal(await lockQueue(rig.reopened().layout, 'in', sliceRange(3, 4)), null, 'a slice of it too');
  const other = await lockQueue(layout, 'out', WHOLE);
  t.ok(other, 'another queue has its own lock');
  other?.release();
  held?.release();
  const again = await lockQueue(layout, 'in', WHOLE);
  t.ok(again);
  again?.release();
});

await t.test('slices exclude each other where they overlap, whatever their counts', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const locks = await Promise.all([0, 1, 2].map((index) => lockQueue(layout, 'in', sliceRange(index, 4))));
  t.ok(
    locks.every((lock) => lock !== null),
    'three of four run side by side',
  );
  t.equal(await lockQueue(layout, 'in', sliceRange(1, 2)), null, 'half of the second half is taken');
  t.equal(await lockQueue(layout, 'in', sliceRange(2, 3)), null);
  const last = await lockQueue(layout, 'in', sliceRange(9, 10));
  t.ok(last, 'the last tenth is free');
  for (const lock of [...locks, last]) lock?.release();
});

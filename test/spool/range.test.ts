import t from 'tap';
import { entryId, HASH_SPACE, hashPlace } from '../../lib/spool/entry-name.ts';
import { inRange, MAX_SLICES, sliceRange, WHOLE } from '../../lib/spool/range.ts';

await t.test('the slices of a count meet without gap or overlap', async (t) => {
  for (const count of [1, 2, 3, 7, 10, 16, 100, 1000, 4095, MAX_SLICES]) {
    let next = 0;
    let least = HASH_SPACE;
    let most = 0;
    for (let index = 0; index < count; index++) {
      const { start, length } = sliceRange(index, count);
      if (start !== next || length < 1) t.fail(`slice ${index} of ${count}: ${start}, ${length}`);
      next = start + length;
      least = Math.min(least, length);
      most = Math.max(most, length);
    }
    t.equal(next, HASH_SPACE, `${count} slices cover the space`);
    t.ok(most - least <= 1, 'and are of one size');
  }
  t.strictSame(sliceRange(0, 1), WHOLE);
});

await t.test('each entry is in exactly one slice', async (t) => {
  const hashes = ['0', '1', '7', '8', 'f', '5', 'a'].map((digit) => digit.repeat(20));
  for (const count of [1, 2, 3, 16, 4096]) {
    for (const hash of hashes) {
      const place = hashPlace(entryId(1, hash));
      const slices = Array.from({ length: count }, (_, n) => n).filter((n) =>
        inRange(sliceRange(n, count), place),
      );
      t.equal(slices.length, 1, `${hash} of ${count}`);
    }
  }
});

await t.test('the ends of a range', async (t) => {
  const { start, length } = sliceRange(1, 3);
  t.ok(inRange({ start, length }, start));
  t.ok(inRange({ start, length }, start + length - 1));
  t.notOk(inRange({ start, length }, start - 1));
  t.notOk(inRange({ start, length }, start + length));
});

await t.test('what is no slice is refused', async (t) => {
  const wrong = [
    [-1, 2],
    [2, 2],
    [0, 0],
    [0, MAX_SLICES + 1],
    [0.5, 2],
    [0, 1.5],
    [Number.NaN, 2],
  ] as const;
  for (const [index, count] of wrong)
    t.throws(() => sliceRange(index, count), RangeError, `${index} of ${count}`);
});

import t from 'tap';
import { laneLimit } from '../../lib/deliver/lane-limit.ts';

await t.test('one more with each answer, up to the most', async (t) => {
  const limit = laneLimit(1, 3);
  t.equal(limit.now(), 1);
  t.same([limit.answered(), limit.answered(), limit.answered()], [2, 3, 3]);
  t.equal(laneLimit(9, 4).now(), 4);
});

await t.test('half after a loss; three in a row and it is dead', async (t) => {
  const limit = laneLimit(8, 8);
  t.notOk(limit.lost());
  t.equal(limit.now(), 4);
  t.notOk(limit.lost());
  limit.answered();
  t.notOk(limit.lost());
  t.notOk(limit.lost());
  t.ok(limit.lost());
  t.equal(limit.now(), 1);
});

await t.test('what the server takes is the most', async (t) => {
  const limit = laneLimit(8, 8);
  limit.refused(2);
  t.equal(limit.now(), 2);
  t.equal(limit.answered(), 2);
  limit.refused(0);
  t.equal(limit.now(), 1);
});

import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { atWork } from '../../lib/drain/at-work.ts';

await t.test('waits until few enough are left', async (t) => {
  const works = atWork();
  t.equal(await works.until(0), true, 'nothing is at work');
  const ended: number[] = [];
  for (const ms of [30, 10, 20]) works.add(sleep(ms).then(() => void ended.push(ms)));
  t.equal(works.count(), 3);
  t.equal(await works.until(1), true);
  t.same(ended, [10, 20]);
  t.equal(await works.until(0), true);
  t.same(ended, [10, 20, 30]);
});

await t.test('or for so long', async (t) => {
  const works = atWork();
  works.add(sleep(200));
  works.add(sleep(5));
  t.equal(await works.until(0, 50), false);
  t.equal(works.count(), 1);
  t.equal(await works.until(0, 10_000), true);
});

await t.test('keeps what failed, and counts it as ended', async (t) => {
  const works = atWork();
  works.add(Promise.reject(new Error('one')));
  works.add(sleep(5));
  await works.until(0);
  t.match(works.failures, [{ message: 'one' }]);
  t.equal(works.count(), 0);
});

import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { within } from '../../lib/base/within.ts';

await t.test('in time, late, and failed in time', async (t) => {
  t.equal(await within(sleep(1), 10_000), true);
  t.equal(await within(sleep(100), 5), false);
  t.equal(await within(Promise.reject(new Error('no')), 10_000), true);
});

import { getEventListeners } from 'node:events';
import t from 'tap';
import { systemClock } from '../../lib/base/clock.ts';

await t.test('tells the time in milliseconds', async (t) => {
  t.ok(Math.abs(systemClock.now() - Date.now()) < 1000);
});

await t.test('a sleep lasts as long as it was told to', async (t) => {
  const startedAt = performance.now();
  await systemClock.sleep(20);
  t.ok(performance.now() - startedAt >= 19);
});

await t.test('a sleep ends at once when its signal is aborted', async (t) => {
  const startedAt = performance.now();
  const abort = new AbortController();
  const sleeping = systemClock.sleep(60_000, abort.signal);
  abort.abort();
  await sleeping;
  await systemClock.sleep(60_000, abort.signal);
  t.ok(performance.now() - startedAt < 1000, 'aborted while it slept, and before');
});

await t.test('a sleep leaves no listener behind', async (t) => {
  const { signal } = new AbortController();
  for (let n = 0; n < 3; n++) await systemClock.sleep(1, signal);
  t.equal(getEventListeners(signal, 'abort').length, 0);
});

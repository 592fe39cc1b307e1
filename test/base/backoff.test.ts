import t from 'tap';
import { backoffMs, DEFAULT_BACKOFF } from '../../lib/base/backoff.ts';

const MINUTE_MS = 60_000;

await t.test('doubles from five minutes up to four hours', async (t) => {
  const minutes = [1, 2, 3, 4, 5, 6, 7, 8].map((failures) => backoffMs(failures) / MINUTE_MS);
  t.strictSame(minutes, [5, 10, 20, 40, 80, 160, 240, 240]);
  t.equal(backoffMs(1_000_000), DEFAULT_BACKOFF.maxMs, 'no overflow after very many failures');
});

await t.test('what has not failed waits like the first failure', async (t) => {
  t.equal(backoffMs(0), DEFAULT_BACKOFF.firstMs);
  t.equal(backoffMs(-3), DEFAULT_BACKOFF.firstMs);
});

await t.test('the spread adds up to a tenth, the same for the same spread', async (t) => {
  t.equal(backoffMs(1, 0.5), 5.25 * MINUTE_MS);
  t.equal(backoffMs(1, 0.5), backoffMs(1, 0.5));
  const most = backoffMs(20, 0.999_999);
  t.ok(most > DEFAULT_BACKOFF.maxMs && most <= DEFAULT_BACKOFF.maxMs * 1.1);
});

await t.test('another shape', async (t) => {
  const shape = { firstMs: 1000, maxMs: 3000 };
  t.strictSame(
    [1, 2, 3, 4].map((failures) => backoffMs(failures, 0, shape)),
    [1000, 2000, 3000, 3000],
  );
});

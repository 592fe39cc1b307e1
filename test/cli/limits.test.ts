import t from 'tap';
import { readLimits } from '../../lib/cli/limits.ts';

await t.test('nothing said: one process without limits, that does not wait', (t) => {
  t.same(readLimits({}), { waitMs: null, workers: 1, entries: null, ms: null });
  t.end();
});

await t.test('numbers and times', (t) => {
  t.same(readLimits({ wait: '10m', workers: '4', maxEntries: '1000', maxSeconds: '60' }), {
    waitMs: 600_000,
    workers: 4,
    entries: 1000,
    ms: 60_000,
  });
  t.end();
});

await t.test('what cannot be read', (t) => {
  for (const options of [
    { wait: 'soon' },
    { workers: '0' },
    { workers: '65' },
    { maxEntries: '-1' },
    { maxEntries: '1.5' },
    { maxSeconds: '1e3' },
    { maxSeconds: '86401' },
  ])
    t.throws(() => readLimits(options), { status: 64, message: /^cannot read --/ }, JSON.stringify(options));
  t.end();
});

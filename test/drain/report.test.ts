import t from 'tap';
import { emptyReport } from '../../lib/drain/report.ts';

await t.test('a report begins with nothing', async (t) => {
  const { queue, busy, ...counts } = emptyReport('in');
  t.equal(queue, 'in');
  t.equal(busy, false);
  t.ok(Object.values(counts).every((count) => count === 0));
  t.not(emptyReport('in'), emptyReport('in'), 'each run counts for itself');
});

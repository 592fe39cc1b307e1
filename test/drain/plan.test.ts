import t from 'tap';
import { covers } from '../../lib/drain/plan.ts';
import { sliceRange, WHOLE } from '../../lib/spool/range.ts';

const LOW = '1795420800123456-10000000000000000000';
const HIGH = '1795420800123456-f0000000000000000000';

await t.test('a plan covers the entries of its parts', async (t) => {
  const covered = covers([
    { queue: 'in', range: WHOLE },
    { queue: 'out', range: sliceRange(1, 2) },
  ]);
  t.ok(covered('in', LOW));
  t.ok(covered('in', HIGH));
  t.notOk(covered('out', LOW), 'of the other slice');
  t.ok(covered('out', HIGH));
  t.notOk(covered('archive', LOW), 'of another queue');
  t.notOk(covers([])('in', LOW));
});

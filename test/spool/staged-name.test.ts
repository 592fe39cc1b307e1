import t from 'tap';
import { findStaged } from '../../lib/spool/outputs.ts';
import { hasStaged, isStaged } from '../../lib/spool/staged-name.ts';
import { spoolRig } from '../support/spool-rig.ts';

const QUEUES = ['in', 'out', 'archive'];

await t.test('outputs that a dead run left unpublished', async (t) => {
  using rig = spoolRig(QUEUES);
  const { layout } = rig.spool;
  const [one, two] = [rig.spool.freshId(), rig.spool.freshId()];
  rig.write(`out/tmp/${one}`, '');
  t.notOk(hasStaged(layout, ['in', 'out']), 'what a producer writes is none');
  rig.write(`out/tmp/${one}@in@${two}`, '');
  t.ok(hasStaged(layout, ['in']), 'in whichever queue they lie');
  t.notOk(hasStaged(layout, ['out']), 'they are their input’s');
});

await t.test('names in tmp/ that are almost those of staged outputs are none', async (t) => {
  using rig = spoolRig();
  const id = await rig.put('in');
  for (const name of [`..@in@${id}`, `@in@${id}`, `${id}@in@..`, `${id}@in@${id}@more`]) {
    const path = rig.write(`out/tmp/${name}`, 'x');
    t.notOk(isStaged(path), name);
  }
  t.equal(findStaged(rig.spool).of('in').size, 0);
});

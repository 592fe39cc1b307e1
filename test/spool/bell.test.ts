import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { listBells, ringBell, silenceBells } from '../../lib/spool/bell.ts';
import { hashPlace } from '../../lib/spool/entry-name.ts';
import { inRange, sliceRange } from '../../lib/spool/range.ts';
import { spoolRig } from '../support/spool-rig.ts';

const LOW = '1795420800123456-10000000000000000000';
const HIGH = '1795420800123456-f0000000000000000000';

await t.test('a run lists the bells of its own work', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  for (const queue of ['in', 'out']) for (const id of [LOW, HIGH]) ringBell(layout, queue, id);
  ringBell(layout, 'in', LOW);
  t.equal(rig.bells().length, 4, 'rung twice is one bell');
  const lower = sliceRange(0, 2);
  const mine = listBells(layout, (queue, id) => queue === 'in' && inRange(lower, hashPlace(id)));
  t.strictSame(mine, [`in,${LOW}`]);
  silenceBells(layout, mine);
  t.strictSame(rig.bells(), [`in,${HIGH}`, `out,${LOW}`, `out,${HIGH}`]);
});

await t.test('a bell nobody could answer is anybody’s', async (t) => {
  using rig = spoolRig();
  const foreign = ['README', `gone,${LOW}`, 'in,', `in,${LOW},c1`, `in,${LOW.slice(1)}`];
  for (const name of foreign) rig.write(join('bell', name), '');
  const none = listBells(rig.spool.layout, () => false);
  t.strictSame(none.sort(), foreign.sort());
  silenceBells(rig.spool.layout, none);
  t.strictSame(rig.bells(), []);
});

await t.test('silencing goes past what is gone', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  ringBell(layout, 'in', LOW);
  silenceBells(layout, ['gone', `in,${LOW}`]);
  t.strictSame(readdirSync(layout.bell), []);
});

await t.test('a directory among the bells goes when it is empty, and else is told of', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  mkdirSync(join(layout.bell, 'empty'));
  mkdirSync(join(layout.bell, 'full', 'of'), { recursive: true });
  ringBell(layout, 'in', LOW);
  t.throws(() => silenceBells(layout, ['empty', 'full', `in,${LOW}`]), {
    message: /^cannot remove .*bell\/full: found a directory .*\. Move it out of the spool$/,
    status: 75,
  });
  t.strictSame(readdirSync(layout.bell), ['full'], 'after all others');
});

await t.test('a bell that the system does not let go is an error, after all others', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  ringBell(layout, 'in', LOW);
  t.throws(() => silenceBells(layout, ['x'.repeat(300), `in,${LOW}`]), { code: 'ENAMETOOLONG' });
  t.strictSame(readdirSync(layout.bell), []);
});

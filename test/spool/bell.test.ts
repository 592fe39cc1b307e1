import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { listBells, ringBell } from '../../lib/spool/bell.ts';
import { hashPlace } from '../../lib/spool/entry-name.ts';
import { inRange, sliceRange } from '../../lib/spool/range.ts';
import { silenceBells } from '../../lib/spool/silence-bells.ts';
import { spoolRig } from '../support/spool-rig.ts';

const inode = (path: string) => statSync(path).ino;

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

await t.test('bells are links of one file, but where there can be no more of them', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  ringBell(layout, 'in', LOW);
  ringBell(layout, 'in', HIGH);
  t.equal(inode(join(layout.bell, `in,${LOW}`)), inode(layout.bellSource));
  t.equal(statSync(layout.bellSource).mode & 0o777, 0o660);
  rmSync(layout.bellSource);
  mkdirSync(layout.bellSource);
  ringBell(layout, 'out', LOW);
  t.ok(rig.bells().includes(`out,${LOW}`), 'then a file of its own');
});

import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { listBells, ringBell, silenceBells } from '../../lib/spool/bell.ts';
import { hashPlace } from '../../lib/spool/entry-name.ts';
import { inRange, sliceRange } from '../../lib/spool/range.ts';
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

await t.test('silencing goes past what is gone', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  mkdirSync(join(layout.bell, 'empty'));
  mkdirSync(join(layout.bell, `in,${HIGH}`));
  mkdirSync(join(layout.bell, 'full', 'deep'), { recursive: true });
  rig.write('bell/letter', 'not empty');
  ringBell(layout, 'in', LOW);
  const aside = silenceBells(layout, ['gone', 'empty', `in,${HIGH}`, 'full', 'letter', `in,${LOW}`]);
  t.strictSame(readdirSync(layout.bell), []);
  t.strictSame(aside, ['full', 'letter'], 'nothing that is not empty is lost');
  t.strictSame(readdirSync(layout.directory('in', 'bad')).sort(), [
    'full',
    'full.reason',
    'letter',
    'letter.reason',
  ]);
});

await t.test('what cannot be removed is trouble, after all others are gone', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  rig.write('bell/letter', 'not empty');
  ringBell(layout, 'in', LOW);
  renameSync(layout.directory('in', 'bad'), join(rig.root, 'elsewhere'));
  t.throws(() => silenceBells(layout, ['letter', `in,${LOW}`]), { code: 'ENOENT' });
  t.strictSame(rig.bells(), ['letter']);
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

await t.test('a bell whose name is no UTF-8 is silenced', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  writeFileSync(Buffer.concat([Buffer.from(`${layout.bell}/in,`), Buffer.from([0xe9, 0xff])]), '');
  t.strictSame(
    silenceBells(
      layout,
      listBells(layout, () => true),
    ),
    [],
  );
  t.strictSame(readdirSync(layout.bell), []);
});

await t.test('a bell that the system does not let go is an error, after all others', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  ringBell(layout, 'in', LOW);
  t.throws(() => silenceBells(layout, ['x'.repeat(300), `in,${LOW}`]), { code: 'ENAMETOOLONG' });
  t.strictSame(readdirSync(layout.bell), []);
});

import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { listBells, ringBell } from '../../lib/spool/bell.ts';
import { silenceBells } from '../../lib/spool/silence-bells.ts';
import { spoolRig } from '../support/spool-rig.ts';

const LOW = '1795420800123456-10000000000000000000';
const HIGH = '1795420800123456-f0000000000000000000';

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

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { compareFiles } from '../../lib/units/compare.ts';
import { seal } from '../../lib/units/marker.ts';
import { applyFiles, refuseForeign, removeUnitFile, writeUnitFile } from '../../lib/units/write-files.ts';
import { placesIn } from '../support/units-rig.ts';

const made = (text: string) => seal('q', '# advice', text);
const wanted = [{ kind: 'unit', name: 'q.path', text: made('[Path]\n') }] as const;

await t.test('what is missing, differs, is stale', async (t) => {
  const dir = t.testdir({ system: { 'q.service': made('old'), 'q.service.d': { 'mine.conf': made('x') } } });
  const places = placesIn(dir);
  const path = join(dir, 'system/q.path');
  t.same(applyFiles(compareFiles('q', wanted, places), false), [
    `wrote ${path}`,
    `removed ${join(dir, 'system/q.service')}`,
  ]);
  t.equal(statSync(path).mode & 0o777, 0o644);
  t.equal(readFileSync(path, 'utf8'), wanted[0].text);
  t.same(readdirSync(join(dir, 'system')).sort(), ['q.path', 'q.service.d'], 'the drop-in stays');
  t.same(applyFiles(compareFiles('q', wanted, places), false), [], 'a second time there is nothing to do');
  const other = [{ ...wanted[0], text: made('[Path]\n# new\n') }];
  t.same(applyFiles(compareFiles('q', other, places), false), [`changed ${path}`]);
});

await t.test('what a hand has changed', async (t) => {
  const dir = t.testdir({
    system: { 'q.path': `${made('[Path]\n')}# mine\n`, 'q.timer': `${made('')}# mine\n` },
  });
  const compared = () => compareFiles('q', wanted, placesIn(dir));
  t.throws(() => refuseForeign(compared(), false), {
    message: /nothing was written: .*q\.path \(changed by hand\).*drop-in/,
  });
  t.doesNotThrow(() => refuseForeign(compared(), true));
  t.match(applyFiles(compared().slice(1), false), [/^kept .*q\.timer.*--force/]);
  t.ok(existsSync(join(dir, 'system/q.timer')));
  t.match(applyFiles(compared(), true), [/^changed .*q\.path$/, /^removed .*q\.timer$/]);
});

await t.test('trouble names the file', async (t) => {
  const dir = t.testdir({ file: '', full: { x: '' } });
  t.throws(() => writeUnitFile(join(dir, 'file/x'), ''), { message: /^cannot write .*file\/x: / });
  t.throws(() => removeUnitFile(join(dir, 'full')), { message: /^cannot remove .*full: / });
  t.doesNotThrow(() => removeUnitFile(join(dir, 'none')));
});

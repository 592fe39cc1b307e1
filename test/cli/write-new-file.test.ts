import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writeNewFile } from '../../lib/cli/write-new-file.ts';

await t.test('a new file, readable by all', async (t) => {
  const file = join(t.testdir(), 'a.yaml');
  writeNewFile(file, 'text\n');
  t.equal(readFileSync(file, 'utf8'), 'text\n');
  t.equal(statSync(file).mode & 0o777, 0o644);
});

await t.test('one that is there is left as it is', async (t) => {
  const file = join(t.testdir({ 'a.yaml': 'mine' }), 'a.yaml');
  t.throws(() => writeNewFile(file, 'text\n'), {
    status: 64,
    message: /is there already; it was left as it is$/,
  });
  t.equal(readFileSync(file, 'utf8'), 'mine');
});

await t.test('the system’s errors come through', async (t) => {
  t.throws(() => writeNewFile(join(t.testdir(), 'none', 'a.yaml'), ''), { code: 'ENOENT' });
});

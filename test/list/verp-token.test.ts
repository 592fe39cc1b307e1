import t from 'tap';
import { addMembers } from '../../lib/list/roster.ts';
import { memberOfExtension, verpExtension } from '../../lib/list/verp-token.ts';
import { openDatabase } from '../../lib/state/database.ts';

const LIST = 'friends@example.org';
const SECRET = Buffer.alloc(32, 7);

await t.test('a member by his extension, whatever became of its case', async (t) => {
  const db = await openDatabase(`${t.testdir()}/db`);
  t.teardown(() => db.close());
  addMembers(db, LIST, [{ address: 'Ann@zoo.example' }, { address: 'ben@zoo.example' }], 1);
  const extension = verpExtension(SECRET, LIST, 'ann@ZOO.example');
  t.match(extension, /^v-[a-z2-7]{16}$/);
  t.equal(memberOfExtension(db, SECRET, LIST, extension.toUpperCase()), 'Ann@zoo.example');
  t.equal(memberOfExtension(db, SECRET, 'others@example.org', extension), null);
  t.equal(memberOfExtension(db, Buffer.alloc(32, 8), LIST, extension), null);
  for (const foreign of ['', 'ann=zoo.example', 'v-', `${extension}a`, 'v-aaaaaaaaaaaaaaaa'])
    t.equal(memberOfExtension(db, SECRET, LIST, foreign), null, foreign);
});

import t from 'tap';
import { openDatabase } from '../../lib/state/database.ts';
import { siteSecret } from '../../lib/state/secret.ts';

await t.test('made once, random, one for each name', async (t) => {
  const file = `${t.testdir()}/db`;
  const db = await openDatabase(file);
  const first = siteSecret(db, 'verp');
  t.equal(first.length, 32);
  t.same(siteSecret(db, 'verp'), first);
  t.notSame(siteSecret(db, 'other'), first);
  db.close();
  const again = await openDatabase(file);
  t.teardown(() => again.close());
  t.same(siteSecret(again, 'verp'), first);
  const elsewhere = await openDatabase(`${file}2`);
  t.teardown(() => elsewhere.close());
  t.notSame(siteSecret(elsewhere, 'verp'), first);
});

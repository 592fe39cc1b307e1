import t from 'tap';
import { EMPTY_META, ROLES, SAME_MESSAGE } from '../../lib/spool/entry.ts';
import { decodeMeta, encodeMeta } from '../../lib/spool/entry-meta.ts';

await t.test('a message nobody has said anything about decides nothing', async (t) => {
  t.strictSame(decodeMeta(Buffer.from('{}')), EMPTY_META);
  t.equal(EMPTY_META.sender, null, 'unknown, which is not the null reverse-path');
});

await t.test('each role can be stored', async (t) => {
  for (const role of ROLES) t.match(decodeMeta(encodeMeta({ ...EMPTY_META, role })), { role });
  t.equal(new Set(ROLES).size, ROLES.length);
});

await t.test('the same message is nothing before it and all of it', async (t) => {
  t.strictSame(SAME_MESSAGE, { head: Buffer.alloc(0), tailFrom: 0 });
});

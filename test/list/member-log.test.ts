import { join } from 'node:path';
import t from 'tap';
import { logMember, MEMBER_LOG_LIFE_MS, memberLog, tidyMemberLog } from '../../lib/list/member-log.ts';
import { addMember, removeMember } from '../../lib/list/roster.ts';
import { type Database, openDatabase } from '../../lib/state/database.ts';

const LIST = 'tea@lists.example.org';
const ANN = 'ann@example.com';

let db: Database;
t.beforeEach(async (t) => {
  db = await openDatabase(join(t.testdir(), 'db'));
});
t.afterEach(() => db.close());

await t.test('lines in their order, whatever the case of the address', async (t) => {
  addMember(db, LIST, { address: 'Ann@example.com' }, 1, 'by hand');
  logMember(db, LIST, ANN, { at: 2, event: 'bounce', detail: 'hard 5.1.1 550\r\n no\u0007' });
  t.strictSame(memberLog(db, LIST, 'ANN@example.com'), [
    { at: 1, event: 'joined', detail: 'by hand' },
    { at: 2, event: 'bounce', detail: 'hard 5.1.1 550 no ' },
  ]);
  t.strictSame(memberLog(db, 'coffee@lists.example.org', ANN), []);
});

await t.test('it does not grow without end', async (t) => {
  addMember(db, LIST, { address: 'ben@example.com' }, 0);
  for (let at = 0; at < 250; at++)
    logMember(db, LIST, ANN, { at, event: 'bounce', detail: 'x'.repeat(2000) });
  const lines = memberLog(db, LIST, ANN);
  t.equal(lines.length, 200);
  t.equal(lines.at(0)?.at, 50);
  t.equal(lines.at(-1)?.at, 249);
  t.equal(lines[0]?.detail.length, 600);
  t.equal(memberLog(db, LIST, 'ben@example.com').length, 1, 'each his own');
});

await t.test('kept for a year after the member is gone', async (t) => {
  addMember(db, LIST, { address: ANN }, 1000);
  addMember(db, LIST, { address: 'ben@example.com' }, 1000);
  removeMember(db, LIST, ANN, { by: 'by hand', at: 2000 });
  t.equal(tidyMemberLog(db, 1000 + MEMBER_LOG_LIFE_MS), 0);
  t.same(
    memberLog(db, LIST, ANN).map(({ event }) => event),
    ['joined', 'left'],
  );
  t.equal(tidyMemberLog(db, 2000 + MEMBER_LOG_LIFE_MS), 1, 'line by line');
  t.equal(tidyMemberLog(db, 2001 + MEMBER_LOG_LIFE_MS), 1);
  t.strictSame(memberLog(db, LIST, ANN), []);
  t.equal(memberLog(db, LIST, 'ben@example.com').length, 1, 'a member keeps his');
});

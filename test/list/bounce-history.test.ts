import { join } from 'node:path';
import t from 'tap';
import { bounceHistory, noteBounce } from '../../lib/list/bounce-history.ts';
import { addMember, removeMember } from '../../lib/list/roster.ts';
import { openDatabase } from '../../lib/state/database.ts';

const LIST = 'tea@lists.example.org';
const REPORT = { class: 'full', status: '5.2.2', diagnostic: 'mailbox full' } as const;

await t.test('the last twenty bounces are kept, the latest first, each member his own', async (t) => {
  const db = await openDatabase(join(t.testdir(), 'db'));
  t.teardown(() => db.close());
  for (const address of ['Ann@example.com', 'bob@example.com']) addMember(db, LIST, { address }, 0);
  noteBounce(db, LIST, 'bob@example.com', REPORT, 5);
  for (let i = 0; i < 25; i += 1) {
    const report = { class: 'hard', status: `5.0.${i}`, diagnostic: 'x'.repeat(i * 100) } as const;
    noteBounce(db, LIST, 'ann@example.com', report, i);
  }
  const history = bounceHistory(db, LIST, 'ANN@example.com');
  t.equal(history.length, 20);
  t.match(history[0], { at: 24, status: '5.0.24', class: 'hard' });
  t.match(history[19], { at: 5, status: '5.0.5' });
  t.equal(history[0]?.diagnostic.length, 500, 'a long diagnostic is cut');
  t.strictSame(bounceHistory(db, LIST, 'bob@example.com'), [{ ...REPORT, at: 5 }]);
  removeMember(db, LIST, 'ann@example.com');
  t.strictSame(bounceHistory(db, LIST, 'ann@example.com'), [], 'gone with the member');
});

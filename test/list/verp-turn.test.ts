import t from 'tap';
import { isVerpTurn } from '../../lib/list/verp-turn.ts';
import { openDatabase } from '../../lib/state/database.ts';

await t.test('always, never, and every third post of each list', async (t) => {
  const db = await openDatabase(`${t.testdir()}/db`);
  t.teardown(() => db.close());
  t.equal(isVerpTurn(db, 'a@x', 'always'), true);
  t.equal(isVerpTurn(db, 'a@x', 'never'), false);
  const turns = Array.from({ length: 7 }, () => isVerpTurn(db, 'a@x', { every: 3 }));
  t.same(turns, [false, false, true, false, false, true, false]);
  t.equal(isVerpTurn(db, 'b@x', { every: 1 }), true);
});

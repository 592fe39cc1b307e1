import t, { type Test } from 'tap';
import {
  addRule,
  holdOn,
  listRules,
  newestRuleAt,
  removeHolds,
  targetWords,
  wasSaid,
} from '../../lib/deliver/delivery-rules.ts';
import { openDatabase } from '../../lib/state/database.ts';

async function database(t: Test) {
  const db = await openDatabase(`${t.testdir()}/db`);
  t.teardown(() => db.close());
  return db;
}

const ann = {
  list: 'friends@example.org',
  recipient: 'Ann@Zoo.example',
  destination: 'smtp:mail.zoo.example:25',
};

await t.test('a hold is about what it names', async (t) => {
  const db = await database(t);
  const held = (scope: 'all' | 'list' | 'destination' | 'member', value: string) => {
    addRule(db, 'hold', { scope, value }, 1);
    const hold = holdOn(listRules(db), ann) !== null;
    removeHolds(db, null);
    return hold;
  };
  t.ok(held('all', ''));
  t.ok(held('list', 'Friends@example.org'));
  t.notOk(held('list', 'others@example.org'));
  t.ok(held('member', 'ann@zoo.example'));
  t.notOk(held('member', 'nn@zoo.example'));
  t.ok(held('destination', 'zoo.example'));
  t.notOk(held('destination', 'oo.example'));
  t.ok(held('destination', 'SMTP:mail.zoo.example:25'));
  addRule(db, 'hold', { scope: 'destination', value: 'lmtp:/run/Box' }, 1);
  t.ok(holdOn(listRules(db), { ...ann, destination: 'lmtp:/run/Box' }), 'a socket has its case');
});

await t.test('a hold is taken back alone, or with all others', async (t) => {
  const db = await database(t);
  addRule(db, 'hold', { scope: 'all', value: '' }, 1);
  addRule(db, 'hold', { scope: 'member', value: 'Ann@zoo.example' }, 2);
  t.equal(removeHolds(db, { scope: 'member', value: 'ann@ZOO.example' }), 1);
  t.same(listRules(db).map(targetWords), ['everything']);
  addRule(db, 'hold', { scope: 'member', value: 'x@y' }, 2);
  t.equal(removeHolds(db, null), 2);
  t.equal(removeHolds(db, null), 0);
});

await t.test('a flush is about what was put off before it, and is forgotten in time', async (t) => {
  const db = await database(t);
  addRule(db, 'flush', { scope: 'member', value: 'ann@zoo.example' }, 1_000);
  t.ok(wasSaid(listRules(db), 'flush', ann, 1_000));
  t.notOk(wasSaid(listRules(db), 'flush', ann, 1_001));
  t.notOk(wasSaid(listRules(db), 'flush', { ...ann, recipient: 'ben@zoo.example' }, 1));
  t.notOk(wasSaid(listRules(db), 'release', ann, 1));
  t.equal(newestRuleAt(listRules(db)), 1_000);
  t.equal(newestRuleAt([]), null);
  addRule(db, 'flush', { scope: 'all', value: '' }, 30 * 86_400_000);
  t.same(listRules(db).map(targetWords), ['everything']);
});

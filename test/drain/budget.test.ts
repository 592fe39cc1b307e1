import t from 'tap';
import { NO_BUDGET, startBudget } from '../../lib/drain/budget.ts';

await t.test('no budget is never spent', (t) => {
  for (let n = 0; n < 1000; n++) NO_BUDGET.take();
  t.notOk(NO_BUDGET.isSpent());
  t.notOk(startBudget({ entries: null, ms: null }).isSpent());
  t.end();
});

await t.test('entries', (t) => {
  const budget = startBudget({ entries: 2, ms: null });
  budget.take();
  t.notOk(budget.isSpent());
  budget.take();
  t.ok(budget.isSpent());
  t.ok(startBudget({ entries: 0, ms: null }).isSpent(), 'nothing at all');
  t.end();
});

await t.test('time, from the start on', (t) => {
  let now = 500;
  const budget = startBudget({ entries: null, ms: 100 }, () => now);
  now = 599;
  t.notOk(budget.isSpent());
  now = 600;
  t.ok(budget.isSpent());
  t.end();
});

import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { inTurn } from '../../lib/deliver/in-turn.ts';

await t.test('work runs one at a time, in order', async (t) => {
  const alone = inTurn();
  const seen: string[] = [];
  const work = (name: string, ms: number) => async () => {
    seen.push(`${name} begins`);
    await sleep(ms);
    seen.push(`${name} ends`);
    return name;
  };
  const results = await Promise.all([alone(work('a', 20)), alone(work('b', 1)), alone(work('c', 0))]);
  t.same(results, ['a', 'b', 'c']);
  t.same(seen, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

await t.test('a failure is its own', async (t) => {
  const alone = inTurn();
  const failing = alone(async () => Promise.reject(new Error('first')));
  const after = alone(async () => 'second');
  await t.rejects(failing, { message: 'first' });
  t.equal(await after, 'second');
});

import t from 'tap';
import { connectionSlots } from '../../lib/deliver/slots.ts';

await t.test('as many as there are; who waits is called in line, once', async (t) => {
  const slots = connectionSlots(2);
  const called: string[] = [];
  const [a, b] = ['a', 'b'].map((name) => () => void called.push(name));
  t.ok(a && b);
  if (!a || !b) return;
  t.ok(slots.take(a));
  t.ok(slots.take(a));
  t.notOk(slots.wanted());
  t.notOk(slots.take(a));
  t.notOk(slots.take(b));
  t.notOk(slots.take(a));
  t.ok(slots.wanted());
  slots.give();
  t.same(called, ['a', 'b'], 'the first had no need of it');
  t.notOk(slots.wanted());
});

await t.test('who takes it when he is called leaves the others in line', async (t) => {
  const slots = connectionSlots(1);
  const taken: string[] = [];
  const taker = (name: string) => {
    const take = () => {
      if (slots.take(take)) taken.push(name);
    };
    return take;
  };
  for (const name of ['a', 'b', 'c']) taker(name)();
  t.same(taken, ['a']);
  slots.give();
  t.same(taken, ['a', 'b']);
  t.ok(slots.wanted());
  slots.give();
  t.same(taken, ['a', 'b', 'c']);
});

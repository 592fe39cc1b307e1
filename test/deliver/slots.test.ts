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
  t.same(called, ['a']);
  t.ok(slots.take(a), 'he takes it when he is called');
  slots.give();
  t.same(called, ['a', 'b']);
  t.notOk(slots.wanted());
});

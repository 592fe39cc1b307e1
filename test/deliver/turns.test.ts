import t from 'tap';
import { turns } from '../../lib/deliver/turns.ts';

/** Somebody with so many transactions. */
function waiting(list: string, name: string, count: number) {
  let left = count;
  return { list, name, pending: () => left, take: () => left-- };
}

const names = (taken: readonly { name: string }[]) => taken.map(({ name }) => name);

/** The order in which turns go, each costing `cost`. */
function turnsOf(items: readonly ReturnType<typeof waiting>[], cost: (name: string) => number = () => 1) {
  const queue = turns<ReturnType<typeof waiting>>();
  for (const item of items) queue.add(item);
  const order: string[] = [];
  for (let item = queue.next(); item; item = queue.next()) {
    item.take();
    order.push(item.name);
    queue.serve(item, cost(item.name));
  }
  return order.join(' ');
}

await t.test('messages of a list take turns', async (t) => {
  t.equal(turnsOf([waiting('l', 'a', 3), waiting('l', 'b', 1), waiting('l', 'c', 2)]), 'a b c a c a');
});

await t.test('lists take turns, however many messages one has', async (t) => {
  const many = [1, 2, 3, 4].map((number) => waiting('big', `b${number}`, 2));
  t.match(turnsOf([...many, waiting('small', 's', 3)]), /^b1 s b2 s b3 s /);
});

await t.test('what is big yields to what is small', async (t) => {
  const order = turnsOf([waiting('l', 'big', 2), waiting('l', 'small', 5)], (name) =>
    name === 'big' ? 100 : 1,
  );
  t.equal(order, 'big small small small small small big');
});

await t.test('who comes later has saved no turns up', async (t) => {
  const queue = turns<ReturnType<typeof waiting>>();
  const old = waiting('old', 'old', 100);
  queue.add(old);
  for (let turn = 0; turn < 50; turn++) {
    old.take();
    queue.serve(old, 1);
  }
  const late = waiting('late', 'late', 100);
  queue.add(late);
  const names: string[] = [];
  for (let turn = 0; turn < 6; turn++) {
    const item = queue.next();
    if (!item) break;
    item.take();
    names.push(item.name);
    queue.serve(item, 1);
  }
  t.equal(names.filter((name) => name === 'late').length, 3);
});

await t.test('what waits is counted up to a limit; nobody is in it twice or with nothing', async (t) => {
  const queue = turns<ReturnType<typeof waiting>>();
  const one = waiting('l', 'a', 5);
  queue.add(one);
  queue.add(one);
  queue.add(waiting('l', 'b', 0));
  t.equal(queue.pending(3), 3);
  t.equal(queue.pending(100), 5);
  t.same(
    queue.clear().map(({ name }) => name),
    ['a'],
  );
  t.equal(queue.pending(1), 0);
  t.equal(queue.next(), null);
});

await t.test('only those that are meant are taken out', async (t) => {
  const queue = turns<ReturnType<typeof waiting>>();
  for (const name of ['a', 'b', 'c']) queue.add(waiting(name === 'c' ? 'k' : 'l', name, 1));
  t.same(names(queue.clear(({ name }) => name !== 'b')), ['a', 'c']);
  t.same(names(queue.clear()), ['b']);
});

import t from 'tap';
import { makeOrder, type OrderOptions } from '../../lib/deliver/order.ts';
import type { Outcome } from '../../lib/smtp/transport.ts';
import { messageOf } from './fake-server.ts';

const FIVE = ['a@x', 'b@x', 'c@x', 'd@x', 'e@x'];

function order(changes: Partial<OrderOptions> = {}) {
  const settled: Outcome[] = [];
  const made = makeOrder({
    list: 'l',
    message: messageOf('x'),
    recipients: FIVE,
    sender: 's@l',
    perTransaction: 2,
    urgent: false,
    mayTake: () => true,
    settle: async (outcomes) => void settled.push(...outcomes),
    ...changes,
  });
  return { made, settled };
}

function takeAll({ made }: ReturnType<typeof order>) {
  const taken: string[] = [];
  for (let one = made.take(); one; one = made.take())
    taken.push(`${one.sender}: ${one.recipients.join(' ')}`);
  return taken;
}

await t.test('cut by the limit', async (t) => {
  const one = order();
  t.equal(one.made.pending(), 3);
  t.same(takeAll(one), ['s@l: a@x b@x', 's@l: c@x d@x', 's@l: e@x']);
  t.equal(one.made.pending(), 0);
});

await t.test('a reverse-path of his own: alone; who has none goes with his like', async (t) => {
  const one = order({ ownSender: (recipient) => (recipient < 'c' ? `s+${recipient.charAt(0)}@l` : null) });
  t.same(takeAll(one), ['s+a@l: a@x', 's+b@l: b@x', 's@l: c@x d@x', 's@l: e@x']);
});

await t.test('what is given back is taken again, and everything that is left at once', async (t) => {
  const { made } = order();
  const first = made.take();
  t.ok(first);
  if (first) made.giveBack(first);
  t.equal(made.pending(), 3);
  t.same(made.take()?.recipients, ['a@x', 'b@x']);
  t.same(made.takeRest(), ['c@x', 'd@x', 'e@x']);
  t.equal(made.pending(), 0);
  t.equal(made.take(), null);
});

await t.test('when nothing may be taken, the order ends, and everybody hears of it', async (t) => {
  let room = 1;
  const one = order({ mayTake: () => room-- > 0 });
  t.same(takeAll(one), ['s@l: a@x b@x']);
  t.equal(one.made.pending(), 0);
  t.same(
    one.settled.map(({ recipient, kind }) => [recipient, kind]),
    ['c@x', 'd@x', 'e@x'].map((recipient) => [recipient, 'temporary']),
  );
});

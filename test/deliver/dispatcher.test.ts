import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { openDestinationMemory, readDestination } from '../../lib/deliver/destination-memory.ts';
import { type DispatcherOptions, openDispatcher } from '../../lib/deliver/dispatcher.ts';
import { makeOrder } from '../../lib/deliver/order.ts';
import { type Carrier, type Outcome, RUN_IS_ENDING } from '../../lib/smtp/transport.ts';
import { openDatabase } from '../../lib/state/database.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { delivered, fakeCarrier } from './fake-carrier.ts';
import { messageOf } from './fake-server.ts';

const people = (count: number, letter = 'm') =>
  Array.from({ length: count }, (_, number) => `${letter}${number}@x`);

/** A dispatcher over a real state, and orders to it that end with their outcomes. */
async function rig(t: Test, connections: number) {
  const db = await openDatabase(`${t.testdir()}/db`);
  t.teardown(() => db.close());
  const clock = fakeClock();
  const abort = new AbortController();
  const open = (more: Partial<DispatcherOptions> = {}) =>
    openDispatcher({
      memory: openDestinationMemory(db, { firstMs: 300_000, maxMs: 3_600_000 }, clock),
      connections,
      signal: abort.signal,
      clock,
      isCrowded: () => false,
      ...more,
    });
  const deliver = (
    dispatcher: ReturnType<typeof open>,
    carrier: Carrier,
    recipients: readonly string[],
    more: { readonly list?: string; readonly urgent?: boolean } = {},
  ) =>
    new Promise<Outcome[]>((resolve) => {
      const all: Outcome[] = [];
      const order = makeOrder({
        list: more.list ?? 'l',
        message: messageOf('x'),
        recipients,
        sender: 's@l',
        perTransaction: 1,
        urgent: more.urgent ?? false,
        mayTake: () => true,
        settle: async (outcomes) => {
          all.push(...outcomes);
          if (all.length === recipients.length) resolve(all);
        },
      });
      dispatcher.submit(carrier, order);
    });
  return { db, clock, abort, open, deliver };
}

const kinds = (outcomes: readonly Outcome[]) => [...new Set(outcomes.map(({ kind }) => kind))];

await t.test('one connection in all, two destinations: each gets its turn', async (t) => {
  const { open, deliver } = await rig(t, 1);
  let lanes = 0;
  let most = 0;
  const counted = (name: string): Carrier => {
    const carrier = fakeCarrier({ name });
    return {
      ...carrier,
      open: async () => {
        const lane = await carrier.open();
        most = Math.max(most, ++lanes);
        return {
          ...lane,
          close: async () => {
            lanes--;
            await lane.close();
          },
        };
      },
    };
  };
  const dispatcher = open();
  const [one, two] = await Promise.all([
    deliver(dispatcher, counted('a'), people(20, 'a')),
    deliver(dispatcher, counted('b'), people(20, 'b')),
  ]);
  t.same([kinds(one), kinds(two)], [['delivered'], ['delivered']]);
  t.equal(most, 1);
  await dispatcher.close();
  t.equal(lanes, 0, 'nothing is left open');
});

await t.test('a destination that hangs keeps nobody else waiting', async (t) => {
  const { open, deliver } = await rig(t, 20);
  const hang = new AbortController();
  const slow = fakeCarrier({
    name: 'slow',
    transact: async (transaction) => {
      await sleep(60_000, null, { signal: hang.signal }).catch(() => {});
      return delivered(transaction);
    },
  });
  const dispatcher = open();
  const waiting = deliver(dispatcher, slow, people(3));
  t.same(kinds(await deliver(dispatcher, fakeCarrier({ name: 'quick' }), people(50))), ['delivered']);
  hang.abort();
  t.same(kinds(await waiting), ['delivered']);
  await dispatcher.close();
});

await t.test('orders for one name share its station, whoever made the carrier', async (t) => {
  const { open, deliver } = await rig(t, 20);
  const first = fakeCarrier({ name: 'same', connections: 1 });
  const second = fakeCarrier({ name: 'same' });
  const dispatcher = open();
  await Promise.all([deliver(dispatcher, first, people(3)), deliver(dispatcher, second, people(3, 'n'))]);
  t.equal(first.opened(), 1);
  t.equal(second.opened(), 0);
  await dispatcher.close();
});

await t.test(
  'what is out of reach is not tried again in the run, nor in the next before it is due',
  async (t) => {
    const { db, clock, open, deliver } = await rig(t, 20);
    const dead = fakeCarrier({ name: 'dead', open: () => 'connection refused' });
    const dispatcher = open();
    const first = await deliver(dispatcher, dead, people(2));
    const second = await deliver(dispatcher, dead, people(2, 'n'));
    await dispatcher.close();
    t.equal(dead.opened(), 1);
    const notBefore = readDestination(db, 'dead')?.notBefore ?? 0;
    t.ok(notBefore > clock.now());
    for (const { retryAt, reply } of [...first, ...second]) {
      t.equal(retryAt, notBefore);
      t.match(reply, 'connection refused');
    }
    const next = open();
    t.match(await deliver(next, dead, people(1)), [
      { kind: 'temporary', reply: /not tried before/, retryAt: notBefore },
    ]);
    t.equal(dead.opened(), 1);
    await deliver(next, dead, people(1), { urgent: true });
    t.equal(dead.opened(), 2, 'a person wants it');
    await next.close();
    clock.advance((readDestination(db, 'dead')?.notBefore ?? 0) - clock.now());
    const later = open();
    await deliver(later, dead, people(1));
    t.equal(dead.opened(), 3);
    await later.close();
  },
);

await t.test('how many connections a destination took is remembered at the end', async (t) => {
  const { db, open, deliver } = await rig(t, 20);
  const dispatcher = open();
  await deliver(dispatcher, fakeCarrier({ name: 'good', connections: 3 }), people(30));
  await dispatcher.close();
  t.match(readDestination(db, 'good'), { window: 3, failures: 0, notBefore: 0 });
});

await t.test('told to end: what waits is answered, and nothing is remembered against anybody', async (t) => {
  const { db, abort, open, deliver } = await rig(t, 20);
  const carrier = fakeCarrier({
    connections: 1,
    transact: async (transaction) => {
      abort.abort();
      return delivered(transaction);
    },
  });
  const dispatcher = open();
  const outcomes = await deliver(dispatcher, carrier, people(9));
  await dispatcher.close();
  t.equal(outcomes.length, 9);
  t.ok(outcomes.filter(({ kind }) => kind === 'delivered').length <= 2);
  t.ok(outcomes.every(({ kind, reply }) => kind === 'delivered' || reply === RUN_IS_ENDING));
  t.equal(readDestination(db, 'fake')?.failures ?? 0, 0);
});

await t.test(
  'crowded: what waits long at a slow destination makes room, the rest is not touched',
  async (t) => {
    const { clock, open, deliver } = await rig(t, 20);
    let crowded = false;
    const dispatcher = open({ patienceMs: 60, isCrowded: () => crowded });
    const slow = fakeCarrier({
      name: 'slow',
      connections: 1,
      transact: async (transaction) => {
        await sleep(100);
        return delivered(transaction);
      },
    });
    const waiting = deliver(dispatcher, slow, people(100, 's'));
    t.same(kinds(await deliver(dispatcher, fakeCarrier({ name: 'quick' }), people(5))), ['delivered']);
    await sleep(200);
    t.ok(slow.begun.length < 60, 'nobody needs the place yet, so it goes on');
    crowded = true;
    const outcomes = await waiting;
    t.same(kinds(outcomes).sort(), ['delivered', 'temporary']);
    const late = outcomes.filter(({ kind }) => kind === 'temporary');
    t.ok(late.length > 10, `${late.length} are put off`);
    t.match(late[0], {
      scope: 'connection',
      retryAt: clock.now() + 60,
      reply: 'its turn at slow did not come: there is much to do',
    });
    await dispatcher.close();
  },
);

await t.test('lanes that have nothing to do any more make room for who can use them', async (t) => {
  const { open, deliver } = await rig(t, 4);
  const dispatcher = open();
  await Promise.all(['a', 'b', 'c'].map((name) => deliver(dispatcher, fakeCarrier({ name }), people(3))));
  const busy = fakeCarrier({ name: 'busy', connections: 4 });
  t.same(kinds(await deliver(dispatcher, busy, people(60))), ['delivered']);
  t.equal(busy.most().lanes, 4);
  await dispatcher.close();
});

import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { type Destination, openDestinationMemory } from '../../lib/deliver/destination-memory.ts';
import { makeOrder } from '../../lib/deliver/order.ts';
import { connectionSlots } from '../../lib/deliver/slots.ts';
import { openStation } from '../../lib/deliver/station.ts';
import type { Carrier, Outcome } from '../../lib/smtp/transport.ts';
import { openDatabase } from '../../lib/state/database.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { broken, delivered, fakeCarrier } from './fake-carrier.ts';
import { messageOf } from './fake-server.ts';

const people = (count: number, letter = 'm') =>
  Array.from({ length: count }, (_, number) => `${letter}${number}@x`);

/** The memory of a destination; of one that an earlier run could not reach, for this reason. */
async function destinationOf(t: Test, clock = fakeClock(), before?: string): Promise<Destination> {
  const db = await openDatabase(`${t.testdir()}/db`);
  t.teardown(() => db.close());
  const memory = () => openDestinationMemory(db, { firstMs: 300_000, maxMs: 3_600_000 }, clock).of('fake');
  if (before !== undefined) memory().failed(before, null);
  return memory();
}

/** A station and orders to it that end with their outcomes. */
async function stationOf(t: Test, carrier: Carrier, total = 20, destination?: Destination) {
  const abort = new AbortController();
  const slots = connectionSlots(total);
  const station = openStation({
    carrier,
    destination: destination ?? (await destinationOf(t)),
    slots,
    signal: abort.signal,
  });
  const deliver = (
    recipients: readonly string[],
    more: { list?: string; perTransaction?: number; urgent?: boolean; record?: () => Promise<void> } = {},
  ) =>
    new Promise<Outcome[]>((resolve) => {
      const all: Outcome[] = [];
      station.submit(
        makeOrder({
          list: more.list ?? 'l',
          message: messageOf('x'),
          recipients,
          sender: 's@l',
          perTransaction: more.perTransaction ?? 1,
          urgent: more.urgent ?? false,
          mayTake: () => true,
          settle: async (outcomes) => {
            all.push(...outcomes);
            if (all.length === recipients.length) resolve(all);
            await more.record?.();
          },
        }),
      );
    });
  return { station, slots, deliver, abort };
}

const kinds = (outcomes: readonly Outcome[]) => [...new Set(outcomes.map(({ kind }) => kind))];

await t.test('everybody once, over connections that grow with success up to the limit', async (t) => {
  const carrier = fakeCarrier({ connections: 3 });
  const { station, deliver } = await stationOf(t, carrier);
  const outcomes = await deliver(people(40));
  t.same(outcomes.map(({ recipient }) => recipient).sort(), people(40).sort());
  t.same(kinds(outcomes), ['delivered']);
  t.equal(carrier.most().lanes, 3);
  t.equal(carrier.begun[0], '1: m0@x');
  t.match(carrier.begun[1], /^1: /, 'no second connection before the first has brought something');
  t.equal(carrier.most().transactions, 6, 'one begun behind another on each');
  await station.close();
});

await t.test('no more connections than there are transactions', async (t) => {
  const carrier = fakeCarrier({ connections: 9 });
  const destination = await destinationOf(t);
  destination.reached(9);
  const { station, deliver } = await stationOf(t, carrier, 20, destination);
  await deliver(people(4), { perTransaction: 2 });
  t.equal(carrier.opened(), 2);
  await station.close();
});

await t.test(
  'out of reach: one attempt, everybody is answered, and the memory says when again',
  async (t) => {
    const carrier = fakeCarrier({ open: () => 'connection refused' });
    const destination = await destinationOf(t);
    const { station, deliver } = await stationOf(t, carrier, 20, destination);
    const [first, second] = await Promise.all([deliver(people(100)), deliver(people(3, 'n'), { list: 'k' })]);
    t.match(await deliver(['late@x']), [
      { kind: 'temporary', reply: /could not be reached: connection refused$/ },
    ]);
    t.match(await deliver(['now@x'], { urgent: true }), [{ kind: 'temporary' }], 'not even for a person');
    for (const outcomes of [first, second]) {
      t.same(kinds(outcomes), ['temporary']);
      t.match(outcomes[0], {
        scope: 'connection',
        reply: 'connection refused',
        conversation: '< connection refused\n',
      });
      t.equal(outcomes[0]?.retryAt, destination.restsUntil());
    }
    t.equal(carrier.opened(), 1);
    await station.close();
  },
);

await t.test('a run that is still there when the rest is over tries again', async (t) => {
  const clock = fakeClock();
  let refusals = 1;
  const carrier = fakeCarrier({ open: () => (refusals-- > 0 ? 'connection refused' : null) });
  const { station, deliver } = await stationOf(t, carrier, 20, await destinationOf(t, clock));
  t.match(await deliver(['a@x']), [{ kind: 'temporary' }]);
  clock.advance(400_000);
  t.match(await deliver(['b@x']), [{ kind: 'delivered' }]);
  await station.close();
});

await t.test('resting since an earlier run: not tried, unless a person wants it', async (t) => {
  const destination = await destinationOf(t, fakeClock(), 'it was down');
  const carrier = fakeCarrier();
  const { station, deliver } = await stationOf(t, carrier, 20, destination);
  t.match(await deliver(['a@x']), [{ kind: 'temporary', reply: /it was down/, retryAt: Number }]);
  t.equal(carrier.opened(), 0);
  t.match(await deliver(['b@x'], { urgent: true }), [{ kind: 'delivered' }]);
  t.match(await deliver(['c@x']), [{ kind: 'delivered' }], 'it was reached');
  await station.close();
});

await t.test('a server that takes so many connections and no more: those do the work', async (t) => {
  const carrier = fakeCarrier({ connections: 9, open: (lanes) => (lanes > 2 ? '421 too many' : null) });
  const { station, deliver } = await stationOf(t, carrier);
  t.same(kinds(await deliver(people(60))), ['delivered']);
  t.equal(carrier.most().lanes, 2);
  t.ok(carrier.opened() < 9, 'it is not asked again and again');
  await station.close();
});

await t.test(
  'a server that hangs up between messages: what was not begun goes over another connection',
  async (t) => {
    const carrier = fakeCarrier({
      connections: 1,
      transact: async (transaction, ofLane, lane) => {
        await sleep(1);
        if (ofLane < 4) return delivered(transaction);
        lane.die();
        return broken(transaction, false);
      },
    });
    const { station, deliver } = await stationOf(t, carrier);
    const outcomes = await deliver(people(10));
    t.same(kinds(outcomes), ['delivered']);
    t.equal(new Set(outcomes.map(({ recipient }) => recipient)).size, 10);
    await station.close();
  },
);

await t.test('a server that breaks each connection is given up after three', async (t) => {
  const carrier = fakeCarrier({
    transact: async (transaction, _, lane) => {
      await sleep(1);
      lane.die();
      return broken(transaction, true);
    },
  });
  const destination = await destinationOf(t);
  const { station, deliver } = await stationOf(t, carrier, 20, destination);
  const outcomes = await deliver(people(50));
  t.same(kinds(outcomes), ['temporary']);
  t.ok(carrier.opened() <= 4, `${carrier.opened()} connections`);
  t.not(destination.restsUntil(), null);
  await station.close();
});

await t.test('a server that breaks connections and does some work is not given up', async (t) => {
  const carrier = fakeCarrier({
    connections: 1,
    transact: async (transaction, ofLane, lane) => {
      await sleep(1);
      if (ofLane === 1) return delivered(transaction);
      lane.die();
      return broken(transaction, true);
    },
  });
  const { station, deliver } = await stationOf(t, carrier);
  const outcomes = await deliver(people(20));
  t.ok(outcomes.filter(({ kind }) => kind === 'delivered').length >= 6);
  await station.close();
});

await t.test('what a transaction brought is on record before the next passes', async (t) => {
  const events: string[] = [];
  const carrier = fakeCarrier({
    connections: 1,
    transact: async (transaction) => {
      events.push(`sent ${transaction.recipients[0]}`);
      await sleep(1);
      return delivered(transaction);
    },
  });
  const { station, deliver } = await stationOf(t, carrier);
  let number = 0;
  await deliver(people(5), {
    record: async () => {
      const mine = number++;
      await sleep(5);
      events.push(`recorded m${mine}@x`);
    },
  });
  await sleep(20);
  const expected = [0, 1, 2, 3, 4].flatMap((one) => [`sent m${one}@x`, `recorded m${one}@x`]);
  t.same(events, expected);
  await station.close();
});

await t.test('a small order beside a large one has its turns', async (t) => {
  const carrier = fakeCarrier({ connections: 2 });
  const { station, deliver } = await stationOf(t, carrier);
  const ended: string[] = [];
  const large = deliver(people(200), { list: 'large' }).then(() => ended.push('large'));
  await sleep(10);
  const small = deliver(people(5, 's'), { list: 'small' }).then(() => ended.push('small'));
  await Promise.all([large, small]);
  t.same(ended, ['small', 'large']);
  const last = carrier.begun.findLastIndex((line) => line.includes(' s'));
  t.ok(last < 60, `the last of the small one was begun as number ${last}`);
  await station.close();
});

await t.test('a lane goes to a destination that has none', async (t) => {
  const slots = connectionSlots(2);
  const signal = new AbortController().signal;
  const greedy = fakeCarrier({ name: 'greedy', connections: 2 });
  const other = fakeCarrier({ name: 'other' });
  const [one, two] = await Promise.all(
    [greedy, other].map(async (carrier) =>
      openStation({ carrier, destination: await destinationOf(t), slots, signal }),
    ),
  );
  const ended: string[] = [];
  const submit = (station: typeof one, name: string, count: number) =>
    new Promise<void>((resolve) => {
      let left = count;
      station?.submit(
        makeOrder({
          list: 'l',
          message: messageOf('x'),
          recipients: people(count),
          sender: 's@l',
          perTransaction: 1,
          urgent: false,
          mayTake: () => true,
          settle: async (outcomes) => {
            left -= outcomes.length;
            if (left === 0) ended.push(name);
            if (left === 0) resolve();
          },
        }),
      );
    });
  const large = submit(one, 'greedy', 300);
  await sleep(20);
  t.equal(greedy.most().lanes, 2);
  await Promise.all([large, submit(two, 'other', 5)]);
  t.same(ended, ['other', 'greedy']);
  await Promise.all([one?.close(), two?.close()]);
});

await t.test('told to end: all are answered, nothing is begun any more', async (t) => {
  const carrier = fakeCarrier({ connections: 1 });
  const destination = await destinationOf(t);
  const { station, deliver, abort } = await stationOf(t, carrier, 20, destination);
  const going = deliver(people(500));
  await sleep(20);
  abort.abort();
  const begun = carrier.begun.length;
  const outcomes = await going;
  t.equal(outcomes.length, 500);
  t.ok(outcomes.some(({ kind }) => kind === 'temporary'));
  t.equal(carrier.begun.length, begun);
  t.equal(destination.restsUntil(), null, 'that is no failure of the destination');
  await station.close();
});

await t.test('a carrier that throws does not take the run with it', async (t) => {
  const carrier = fakeCarrier({
    transact: async () => {
      throw new Error('a bug');
    },
  });
  const { station, deliver } = await stationOf(t, carrier);
  t.match(await deliver(['a@x']), [{ kind: 'temporary', reply: 'fake: a bug' }]);
  await station.close();
});

await t.test(
  'too many recipients for the server: the rest goes at once, and the next are cut to fit',
  async (t) => {
    const carrier = fakeCarrier({
      connections: 1,
      transact: async (transaction) => {
        await sleep(1);
        const { outcomes, heard } = delivered(transaction);
        const over = {
          kind: 'temporary',
          scope: 'recipient',
          status: '4.5.3',
          reply: '452 4.5.3 too many',
        } as const;
        return { heard, outcomes: outcomes.map((one, at) => (at < 4 ? one : { ...one, ...over })) };
      },
    });
    const { station, deliver } = await stationOf(t, carrier);
    const outcomes = await deliver(people(30), { perTransaction: 10 });
    t.same(kinds(outcomes), ['delivered']);
    t.equal(new Set(outcomes.map(({ recipient }) => recipient)).size, 30);
    const sizes = carrier.begun.map((line) => line.split(' ').length - 1);
    t.ok(
      sizes.slice(4).every((size) => size <= 6),
      sizes.join(' '),
    );
    await station.close();
  },
);

await t.test('nothing of a closed station hangs on the signal, which may outlive many runs', async (t) => {
  const { station, deliver, abort } = await stationOf(t, fakeCarrier());
  await deliver(['a@x']);
  t.equal(getEventListeners(abort.signal, 'abort').length, 1);
  await station.close();
  t.equal(getEventListeners(abort.signal, 'abort').length, 0);
});

import t, { type Test } from 'tap';
import { TemporaryError } from '../../lib/base/errors.ts';
import {
  LONGEST_REST_MS,
  listDestinations,
  openDestinationMemory,
  readDestination,
  wakeDestinations,
} from '../../lib/deliver/destination-memory.ts';
import { type Database, openDatabase } from '../../lib/state/database.ts';
import { fakeClock } from '../support/fake-clock.ts';

const NOON = Date.UTC(2026, 10, 23, 12);
const BACKOFF = { firstMs: 300_000, maxMs: 4 * 3_600_000 };
const NAME = 'smtp:mail.example:25';

async function memoryOf(t: Test) {
  const db = await openDatabase(`${t.testdir()}/db`);
  t.teardown(() => db.close());
  const clock = fakeClock(NOON);
  return { db, clock, next: () => openDestinationMemory(db, BACKOFF, clock) };
}

await t.test('a destination that was never seen may be tried, with one connection', async (t) => {
  const { next } = await memoryOf(t);
  const destination = next().of(NAME);
  t.equal(destination.window(), 1);
  t.equal(destination.resting(), null);
  t.equal(destination.restsUntil(), null);
});

await t.test('a failure is known to the next run at once, with longer rests each time', async (t) => {
  const { db, clock, next } = await memoryOf(t);
  const rests: number[] = [];
  for (let run = 0; run < 8; run++) {
    const destination = next().of(NAME);
    destination.failed('no answer', '< 421 no\n');
    const until = next().of(NAME).restsUntil() ?? 0;
    rests.push(until - clock.now());
    t.match(next().of(NAME).resting(), { reply: /could not be reached: no answer/ });
    clock.advance(until - clock.now());
    t.equal(next().of(NAME).resting(), null, 'one attempt may be made then');
  }
  t.same(
    rests.map((ms) => Math.round(ms / (rests[0] ?? 1))),
    [1, 2, 4, 8, 12, 12, 12, 12],
  );
  t.ok(rests.every((ms) => ms <= LONGEST_REST_MS * 1.1));
  t.match(readDestination(db, NAME), { failures: 8, conversation: '< 421 no\n', error: 'no answer' });
});

await t.test('reached again: at once for the next run, its connections with save', async (t) => {
  const { db, next } = await memoryOf(t);
  next().of(NAME).failed('x', null);
  const memory = next();
  const destination = memory.of(NAME);
  t.equal(memory.of(NAME), destination, 'one for the run');
  destination.reached(1);
  t.equal(next().of(NAME).resting(), null);
  destination.reached(4);
  t.equal(readDestination(db, NAME)?.window, 1);
  memory.save();
  t.match(
    readDestination(db, NAME),
    { window: 4, failures: 0, error: 'x' },
    'the last error stays to be read',
  );
  t.equal(next().of(NAME).window(), 4);
});

await t.test('a person wakes one, or all; in a run or for the next', async (t) => {
  const { db, next } = await memoryOf(t);
  for (const name of ['a', 'b', 'c']) next().of(name).failed('x', null);
  const destination = next().of('a');
  destination.wake();
  t.equal(destination.resting(), null);
  t.equal(wakeDestinations(db, 'a'), 1);
  t.equal(next().of('a').resting(), null);
  t.equal(wakeDestinations(db, null), 2);
  t.equal(next().of('c').resting(), null);
});

await t.test('those out of reach are listed first; the ones of long ago are forgotten', async (t) => {
  const { db, clock, next } = await memoryOf(t);
  const memory = next();
  memory.of('a').reached(2);
  memory.save();
  clock.advance(31 * 86_400_000);
  memory.of('z').failed('x', null);
  memory.of('b').reached(2);
  t.same(
    listDestinations(db).map(({ name }) => name),
    ['z', 'a'],
  );
  memory.save();
  t.same(
    listDestinations(db).map(({ name }) => name),
    ['z', 'b'],
  );
});

await t.test(
  'trouble with the state stops no delivery; what is known is written when it is over',
  async (t) => {
    const { db, clock } = await memoryOf(t);
    let trouble = true;
    const fail = () => {
      if (trouble) throw new TemporaryError('the state is locked');
    };
    const locked: Database = {
      ...db,
      get: (...args) => {
        fail();
        return db.get(...args);
      },
      run: (...args) => {
        fail();
        return db.run(...args);
      },
    };
    const memory = openDestinationMemory(locked, BACKOFF, clock);
    const destination = memory.of(NAME);
    t.equal(destination.resting(), null);
    destination.failed('no answer', null);
    t.match(destination.resting(), { reply: /no answer/ });
    t.throws(() => memory.save(), { message: 'the state is locked' });
    trouble = false;
    t.equal(readDestination(db, NAME), null);
    memory.save();
    t.match(readDestination(db, NAME), { failures: 1, error: 'no answer' });
  },
);

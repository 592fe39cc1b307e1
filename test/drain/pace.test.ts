import t from 'tap';
import { FRESH_PACE, type Pace, restAfter, type Turn } from '../../lib/drain/pace.ts';

const NOW = 1_000_000;
const SLEEP = 900_000;
const drained: Turn = { end: 'drained', worked: false, reason: null, nextAt: null };

/** The same turn, so many times. */
function times(length: number, turn: Turn): Turn[] {
  return Array.from({ length }, () => turn);
}

/** The rests after the turns, each turn `restedMs` after the one before. */
function rests(turns: readonly Turn[], restedMs = 0, sleepMs = SLEEP) {
  let pace: Pace = FRESH_PACE;
  return turns.map((turn) => {
    const after = restAfter(turn, pace, { restedMs, sleepMs, now: NOW });
    pace = after.pace;
    return after.rest;
  });
}

await t.test('nothing to do: until a change', async (t) => {
  t.same(rests([drained]), [{ waitMs: SLEEP, deafMs: 0 }]);
  t.same(rests([{ ...drained, worked: true }]), [{ waitMs: SLEEP, deafMs: 0 }]);
});

/** How long it rests when something is due then. */
function wait(nextAt: number): number | undefined {
  return rests([{ ...drained, nextAt }])[0]?.waitMs;
}

await t.test('something is due', async (t) => {
  t.equal(wait(NOW + 500), 501);
  t.equal(wait(NOW + 500.2), 502, 'never too early');
  t.equal(wait(NOW + 10 * SLEEP), SLEEP);
  t.equal(wait(NOW - 5000), 0);
});

await t.test('trouble: further and further apart, whatever changes', async (t) => {
  const trouble: Turn = { ...drained, end: 'trouble', reason: 'disk full' };
  const waits = rests(times(9, trouble));
  t.same(
    waits.map(({ waitMs }) => waitMs / 1000),
    [1, 2, 4, 8, 16, 32, 60, 60, 60],
  );
  for (const { waitMs, deafMs } of waits) t.equal(deafMs, waitMs);
  t.equal(rests(times(9, trouble), 0, 5000).at(-1)?.waitMs, 5000, 'never over --sleep');
  t.equal(rests([trouble, trouble, drained, trouble]).at(-1)?.waitMs, 1000, 'from the start again');
});

await t.test('another run, or a wrong configuration: changes count after a second', async (t) => {
  for (const end of ['busy', 'misconfigured'] as const) {
    const turns = times(3, { ...drained, end });
    t.same(rests(turns), [
      { waitMs: 1000, deafMs: 1000 },
      { waitMs: 2000, deafMs: 1000 },
      { waitMs: 4000, deafMs: 1000 },
    ]);
  }
});

await t.test('changes without work', async (t) => {
  const deaf = (turns: readonly Turn[], restedMs: number) =>
    rests(turns, restedMs).map(({ deafMs }) => deafMs);
  const five = times(5, drained);
  t.same(deaf(five, 0), [0, 0, 0, 1000, 1000]);
  t.same(deaf(five, 1000), [0, 0, 0, 1000, 1000], 'as long as they come');
  t.same(deaf(five, 6000), [0, 0, 0, 0, 0]);
  const worked = { ...drained, worked: true };
  t.same(deaf([...five, worked, drained], 0).slice(-2), [0, 0], 'work wakes us up again');
  const overdue = times(6, { ...drained, nextAt: NOW - 1 });
  t.same(
    rests(overdue).map(({ waitMs }) => waitMs),
    [0, 0, 0, 1000, 1000, 1000],
    'an entry that is due for ever does not make it spin',
  );
});

/** A clock that stands still until a test moves it; a sleep moves it too. */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../lib/base/clock.ts';

/** A clock in the hands of a test. */
export type FakeClock = Clock & {
  /** Moves the time on, milliseconds. */
  readonly advance: (ms: number) => void;
};

/** @param startAt milliseconds since the epoch */
export function fakeClock(startAt: number = Date.UTC(2026, 10, 23, 12)): FakeClock {
  let now = startAt;
  return {
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
    sleep: async (ms, signal) => {
      if (signal?.aborted) return;
      now += ms;
      await setImmediate();
    },
  };
}

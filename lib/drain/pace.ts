/**
 * How long a watching process rests between two drains. Pure; docs/OPERATING.md tells it in words.
 *
 * Promises: a drain that found nothing is followed by a rest; trouble is tried again after 1 s, 2 s, 4 s … 60 s; a
 * queue that another run has is looked at once a second at most; changes that bring no work, again and again, are
 * looked at once a second at most.
 */
import { type Backoff, backoffMs } from '../base/backoff.ts';

/** What came of one look at the queues. */
export type Turn = {
  readonly end: 'drained' | 'busy' | 'trouble' | 'misconfigured';
  /** Entries were found. */
  readonly worked: boolean;
  /** One line, when `end` is trouble or misconfigured. */
  readonly reason: string | null;
  /** When something is due by itself, milliseconds since the epoch. */
  readonly nextAt: number | null;
};

/** What is remembered from turn to turn. */
export type Pace = {
  /** Turns in a row that met trouble, or another run. */
  readonly hindered: number;
  /** Turns in a row, soon after one another, that found nothing. */
  readonly fruitless: number;
};

/** A rest. */
export type Rest = {
  /** Its greatest length, milliseconds. */
  readonly waitMs: number;
  /** For so long changes do not end it, milliseconds. */
  readonly deafMs: number;
};

/** Nothing is remembered. */
export const FRESH_PACE: Pace = { hindered: 0, fruitless: 0 };

const HINDERED: Backoff = { firstMs: 1_000, maxMs: 60_000 };

/** Our own moves look like changes; so many turns without work may follow one with work. */
const FRUITLESS_LIMIT = 3;

/** Between two looks when there is a reason to doubt, milliseconds. */
const APART_MS = 1_000;

/** Turns this far apart do not count as in a row, milliseconds. */
const SOON_MS = 5_000;

/**
 * The rest after `turn`, and what to remember.
 * `restedMs`: how long the rest before it was; `sleepMs`: the longest rest; `now`: milliseconds since the epoch.
 */
export function restAfter(
  turn: Turn,
  before: Pace,
  { restedMs, sleepMs, now }: { restedMs: number; sleepMs: number; now: number },
): { readonly rest: Rest; readonly pace: Pace } {
  if (turn.end !== 'drained') {
    const pace = { hindered: before.hindered + 1, fruitless: 0 };
    const waitMs = Math.min(backoffMs(pace.hindered, 0, HINDERED), sleepMs);
    // What a run that meets trouble puts back is a change as well: nothing is to be learned from changes then.
    return { rest: { waitMs, deafMs: turn.end === 'trouble' ? waitMs : Math.min(waitMs, APART_MS) }, pace };
  }
  const inRow = restedMs < SOON_MS ? before.fruitless : 0;
  const pace = { hindered: 0, fruitless: turn.worked ? 0 : inRow + 1 };
  const deafMs = pace.fruitless > FRUITLESS_LIMIT ? APART_MS : 0;
  // One more: an entry is due a part of a millisecond later than the timer may come.
  const dueMs = turn.nextAt === null ? sleepMs : Math.ceil(turn.nextAt - now) + 1;
  return { rest: { waitMs: Math.max(Math.min(dueMs, sleepMs), deafMs, 0), deafMs }, pace };
}

/** When something that failed is tried again. Pure; docs/OPERATING.md prints its table. */

/** The shape of a backoff. */
export type Backoff = {
  /** Delay after the first failure, milliseconds. */
  readonly firstMs: number;
  /** No delay is longer than this, milliseconds. */
  readonly maxMs: number;
};

/** @default first 5 minutes, doubling, never over 4 hours */
export const DEFAULT_BACKOFF: Backoff = { firstMs: 5 * 60_000, maxMs: 4 * 3_600_000 };

/**
 * Milliseconds to wait after failure number `failures` (1 is the first): doubling from `firstMs` up to `maxMs`.
 * `spread` in [0, 1) adds up to a tenth, so that what failed together does not come back together; a caller
 * takes it from the entry's id, so that a repeat gives the same time.
 */
export function backoffMs(failures: number, spread = 0, backoff: Backoff = DEFAULT_BACKOFF): number {
  const doublings = Math.min(Math.max(failures, 1) - 1, 40);
  const base = Math.min(backoff.firstMs * 2 ** doublings, backoff.maxMs);
  return Math.round(base * (1 + spread / 10));
}

/** How much a run may do before it leaves the rest to the next one. */

/** What is left of a run's time and number of entries. */
export type Budget = {
  /** Counts an entry that is about to be claimed. */
  readonly take: () => void;
  /** True when no further entry may be claimed; those in work come to their end. */
  readonly isSpent: () => boolean;
};

/** A budget without end. */
export const NO_BUDGET: Budget = { take: () => {}, isSpent: () => false };

/**
 * A budget that begins now. `null`: no limit.
 * `now` gives milliseconds of a clock that nobody sets: the time of day may jump while a run goes on.
 */
export function startBudget(
  { entries, ms }: { readonly entries: number | null; readonly ms: number | null },
  now: () => number = () => performance.now(),
): Budget {
  const deadline = ms === null ? null : now() + ms;
  let taken = 0;
  return {
    take: () => {
      taken++;
    },
    isSpent: () => (entries !== null && taken >= entries) || (deadline !== null && now() >= deadline),
  };
}

/**
 * Entries at work, several at a time, and the wait for some of them to end.
 *
 * Promises: nothing rejects unheard; failures are kept. Waiting costs the same however many are at work and however often
 * one waits.
 */

/** What is at work. */
export type AtWork = {
  readonly count: () => number;
  /** What has failed so far, in order. */
  readonly failures: readonly unknown[];
  readonly add: (work: Promise<void>) => void;
  /** True when at most `most` are left; false when that took longer than `withinMs` milliseconds. */
  readonly until: (most: number, withinMs?: number) => Promise<boolean>;
};

/** Nothing at work yet. */
export function atWork(): AtWork {
  const failures: unknown[] = [];
  let count = 0;
  let onEnd: (() => void) | null = null;
  // Not a race of all: each of them would remember every race it was in.
  const oneEnds = () =>
    new Promise<void>((resolve) => {
      onEnd = resolve;
    });
  return {
    count: () => count,
    failures,
    add: (work) => {
      count++;
      void work
        .catch((error: unknown) => failures.push(error))
        .finally(() => {
          count--;
          onEnd?.();
        });
    },
    until: async (most, withinMs) => {
      if (count <= most) return true;
      let late = false;
      const timer =
        withinMs === undefined
          ? null
          : setTimeout(() => {
              late = true;
              onEnd?.();
            }, withinMs);
      for (;;) {
        if (count <= most || late) break;
        await oneEnds();
      }
      if (timer !== null) clearTimeout(timer);
      return count <= most;
    },
  };
}

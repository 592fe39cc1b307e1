/**
 * How many lanes to a destination may be open: few at the beginning, one more with each success, half after a loss.
 * Pure but for its own counts.
 */

/** Lanes lost one after another, with nothing answered between, before the destination counts as dead. */
const LOSSES_BEFORE_DEAD = 3;

/** The limit of one destination in one run. */
export type LaneLimit = {
  readonly now: () => number;
  /** A transaction was answered; returns how many lanes may be open then. */
  readonly answered: () => number;
  /** A lane was lost in the middle of a transaction; true when the destination counts as dead. */
  readonly lost: () => boolean;
  /** No lane could be opened beside the `open` ones: some servers take so many connections and no more. */
  readonly refused: (open: number) => void;
};

/** A limit that begins with `first` lanes and is never more than `most`. */
export function laneLimit(first: number, most: number): LaneLimit {
  let window = Math.min(first, most);
  let ceiling = most;
  let losses = 0;
  return {
    now: () => Math.min(window, ceiling),
    answered: () => {
      losses = 0;
      window = Math.min(window + 1, ceiling);
      return window;
    },
    lost: () => {
      losses++;
      window = Math.max(1, Math.floor(window / 2));
      return losses >= LOSSES_BEFORE_DEAD;
    },
    refused: (open) => {
      ceiling = Math.max(1, open);
    },
  };
}

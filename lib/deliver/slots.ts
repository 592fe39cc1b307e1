/**
 * Connections in total: who asks when there are none left waits in line.
 *
 * Promises: never more than `limit` are out; whoever waits longest is called first.
 */

/** The connections a run may have. */
export type Slots = {
  /** Takes one; or false, and `whenFree` is called once when it is worth asking again. Asking twice counts once. */
  readonly take: (whenFree: () => void) => boolean;
  readonly give: () => void;
  /** True while somebody waits. */
  readonly wanted: () => boolean;
};

/** `limit` connections, none of them taken. `onWanted` is called whenever somebody has to wait: who needs his no more may give it. */
export function connectionSlots(limit: number, onWanted: () => void = () => {}): Slots {
  let taken = 0;
  const line = new Set<() => void>();
  return {
    take: (whenFree) => {
      if (taken < limit) {
        taken++;
        line.delete(whenFree);
        return true;
      }
      line.add(whenFree);
      onWanted();
      return false;
    },
    give: () => {
      taken--;
      // Who is called may have no need of it any more: then it is the next one's.
      for (const whenFree of line) {
        if (taken >= limit) return;
        line.delete(whenFree);
        whenFree();
      }
    },
    wanted: () => line.size > 0,
  };
}

/**
 * One at a time: what shares a connection must not talk over it at once.
 *
 * Promises: pieces of work run one after another in the order they were handed in; one that throws does not
 * stop the next.
 */

/** Runs `work` after all work handed in before; settles as it does. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** A queue of its own. */
export function inTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work, work);
    last = result;
    return result;
  };
}

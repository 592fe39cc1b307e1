/**
 * Whose turn it is: a fair share of a destination for each list, and within a list for each message.
 *
 * The list that was served least of late is next, and of its messages the one that was served least. What is served is
 * counted in bytes times recipients' worth of work, so what is big yields to what is small. Who comes anew begins where
 * the least served stands, so nobody can save up turns. Pure but for its own counts.
 */

/** Somebody who waits for turns. */
export type Waiting = {
  /** The list it is for; `''` for mail of the system. */
  readonly list: string;
  /** Transactions that are left to take; an estimate will do, but 0 must be true. */
  readonly pending: () => number;
};

type Queued<T> = { readonly item: T; served: number };
type Group<T> = { readonly items: Queued<T>[]; served: number };

/** The queue of one destination. */
export type Turns<T extends Waiting> = {
  readonly add: (item: T) => void;
  /** Whose turn it is, or `null` when nobody waits. */
  readonly next: () => T | null;
  /** Counts what `item` was served; it stays in the queue while it has more. */
  readonly serve: (item: T, cost: number) => void;
  /** Takes out those that are meant, by default all. */
  readonly clear: (isMeant?: (item: T) => boolean) => T[];
  /** Transactions that wait, counted up to `limit`. */
  readonly pending: (limit: number) => number;
};

/** An empty queue. */
export function turns<T extends Waiting>(): Turns<T> {
  const groups = new Map<string, Group<T>>();

  const add = (item: T): void => {
    if (item.pending() === 0) return;
    const group = groups.get(item.list) ?? { items: [], served: least([...groups.values()])?.served ?? 0 };
    groups.set(item.list, group);
    if (group.items.some((queued) => queued.item === item)) return;
    group.items.push({ item, served: least(group.items)?.served ?? 0 });
  };

  const next = (): T | null => least(least([...groups.values()])?.items ?? [])?.item ?? null;

  const serve = (item: T, cost: number): void => {
    const group = groups.get(item.list);
    const at = group?.items.findIndex((queued) => queued.item === item) ?? -1;
    const queued = group?.items[at];
    if (!group || !queued) return;
    group.served += cost;
    queued.served += cost;
    if (item.pending() > 0) return;
    group.items.splice(at, 1);
    if (group.items.length === 0) groups.delete(item.list);
  };

  const clear = (isMeant: (item: T) => boolean = () => true): T[] => {
    const taken: T[] = [];
    for (const [list, { items }] of groups) {
      const kept = items.filter(({ item }) => !isMeant(item));
      taken.push(...items.filter((queued) => !kept.includes(queued)).map(({ item }) => item));
      items.splice(0, items.length, ...kept);
      if (kept.length === 0) groups.delete(list);
    }
    return taken;
  };

  const pending = (limit: number): number => {
    let count = 0;
    for (const { items } of groups.values()) {
      for (const { item } of items) {
        count += item.pending();
        if (count >= limit) return limit;
      }
    }
    return count;
  };

  return { add, next, serve, clear, pending };
}

/** The first of those that were served least. */
function least<Q extends { readonly served: number }>(queued: readonly Q[]): Q | null {
  let found: Q | null = null;
  for (const one of queued) if (found === null || one.served < found.served) found = one;
  return found;
}

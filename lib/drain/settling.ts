/**
 * The syncs behind entries that are gone: many entries share one.
 *
 * An entry that ended without outputs was removed, and a power cut must not bring it back; but nobody has to wait for that
 * sync, and each makes the disk's journal wait for it, and with it every other removal. So they are put together.
 *
 * Promises: what was added is on the disk a moment later, and when `end` has resolved.
 * Fails: `end` rejects with the first of the system's errors.
 */
import type { DirectorySync } from '../base/durable.ts';

/** How long an entry waits for others to share its sync, milliseconds. */
const PAUSE_MS = 10;

/** Syncs under way. */
export type Settling = {
  /** Has `directory` synced soon, and calls `then` afterwards. */
  readonly add: (directory: string, then: () => void) => void;
  /** Waits for nothing more, and resolves when all is done. @throws the system's errors */
  readonly end: () => Promise<void>;
};

/** Syncs by `sync`. */
export function settling(sync: DirectorySync, pauseMs = PAUSE_MS): Settling {
  const waiting = new Map<string, (() => void)[]>();
  const underway = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let timer: NodeJS.Timeout | null = null;

  const settle = async (directory: string, thens: readonly (() => void)[]): Promise<void> => {
    try {
      await sync(directory);
      for (const then of thens) then();
    } catch (error) {
      failures.push(error);
    }
  };
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    for (const [directory, thens] of waiting) {
      const done: Promise<void> = settle(directory, thens).finally(() => underway.delete(done));
      underway.add(done);
    }
    waiting.clear();
  };
  return {
    add: (directory, then) => {
      const thens = waiting.get(directory) ?? [];
      waiting.set(directory, thens);
      thens.push(then);
      timer ??= setTimeout(flush, pauseMs);
    },
    end: async () => {
      flush();
      await Promise.all(underway);
      if (failures.length > 0) throw failures[0];
    },
  };
}

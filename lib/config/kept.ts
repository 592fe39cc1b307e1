/**
 * The configuration in the hands of a process that stays.
 *
 * Promises: gives what reading the files anew would give; reads them only when one of them has changed, or
 * when it was told to forget. A wrong configuration is never kept.
 */
import { isUnchanged, type Stamps, stampsOf } from './cache.ts';
import { type OpenOptions, openConfiguration } from './open.ts';
import type { Loaded } from './problem.ts';

/** A configuration that is read when it must be. */
export type KeptConfiguration = {
  /** As long as nothing changes it is the same object each time. */
  readonly read: () => Promise<Loaded>;
  /** The next `read` reads the files. */
  readonly forget: () => void;
};

/** The configuration whose site file is `file`. `open` is for tests. */
export function keepConfiguration(
  file: string,
  options: OpenOptions,
  open: typeof openConfiguration = openConfiguration,
): KeptConfiguration {
  let kept: Loaded | null = null;
  let stamps: Stamps | null = null;
  let cache = options.cache;
  const holds = (): boolean => {
    try {
      return stamps !== null && isUnchanged(stamps);
    } catch {
      return false;
    }
  };
  return {
    read: async () => {
      if (kept !== null && holds()) return kept;
      const readAt = Date.now();
      kept = await open(file, { ...options, cache });
      cache = options.cache;
      try {
        stamps = kept.configuration && stampsOf(kept.configuration, readAt);
      } catch {
        stamps = null;
      }
      return kept;
    },
    forget: () => {
      stamps = null;
      cache = false;
    },
  };
}

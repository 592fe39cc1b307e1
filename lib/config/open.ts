/**
 * The way in: the configuration, from the cache when it holds, else read and checked.
 *
 * Promises: the same answer either way; yaml and valibot are loaded only when files must be read.
 */
import { homedir } from 'node:os';
import { cacheFileOf, loadCached, storeCache } from './cache.ts';
import type { Loaded } from './problem.ts';

/** How the configuration is opened. */
export type OpenOptions = {
  /** Whether a kept configuration may be used, and this one kept. */
  readonly cache: boolean;
  /** The default is the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
};

/** The configuration whose site file is `file`, or everything that is wrong with it. */
export async function openConfiguration(
  file: string,
  { cache, env = process.env }: OpenOptions,
): Promise<Loaded> {
  const owner = { env, home: env.HOME || homedir(), uid: process.geteuid?.() ?? -1 };
  const cacheFile = cache ? cacheFileOf(file, owner) : null;
  const kept = cacheFile === null ? null : await loadCached(file, cacheFile);
  if (kept) return { configuration: kept, problems: [] };
  const readAt = Date.now();
  const { loadConfiguration } = await import('./load.ts');
  const loaded = await loadConfiguration(file);
  if (cacheFile !== null && loaded.configuration) await storeCache(loaded.configuration, cacheFile, readAt);
  return loaded;
}

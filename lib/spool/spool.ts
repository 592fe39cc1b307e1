/**
 * The spool as its users hold it: its paths, the shared directory syncs, and the source of ids.
 */
import type { Clock } from '../base/clock.ts';
import { type DirectorySync, sharedDirectorySync } from '../base/durable.ts';
import { entryId } from './entry-name.ts';
import { type Layout, prepareSpool, spoolLayout } from './layout.ts';

/** Loaded on the first use: a run that finds nothing makes no id. */
const nodeCrypto = () => process.getBuiltinModule('node:crypto');

/** An open spool. */
export type Spool = {
  readonly layout: Layout;
  readonly clock: Clock;
  readonly syncDirectory: DirectorySync;
  /** An id nobody has: the present time and 80 random bits. Later calls give later ids. */
  readonly freshId: () => string;
};

/**
 * Opens the spool at `root` with the site's queues, and makes what is missing.
 * @throws TemporaryError when it cannot be made, ExpectedError when it has another version
 */
export function openSpool(root: string, queues: readonly string[], clock: Clock): Spool {
  const layout = spoolLayout(root, queues);
  prepareSpool(layout);
  let last = 0;
  const random = randomHex();
  return {
    layout,
    clock,
    syncDirectory: sharedDirectorySync(),
    freshId: () => {
      last = Math.max(last + 1, Math.round(clock.now() * 1000));
      return entryId(last, random());
    },
  };
}

/** Ids that one call of the generator is good for. */
const RANDOM_POOL = 64;

/** 80 random bits at each call, in hex digits. */
function randomHex(): () => string {
  let pool = '';
  return () => {
    if (pool === '')
      pool = nodeCrypto()
        .randomBytes(10 * RANDOM_POOL)
        .toString('hex');
    const hex = pool.slice(0, 20);
    pool = pool.slice(20);
    return hex;
  };
}

/**
 * The id of output number `index` of an entry: the same each time, so that a repeat after a crash names it alike.
 * Keeps the time of the input, and with it the message's place in the order of every queue.
 */
export function outputId(
  input: { readonly queue: string; readonly id: string },
  queue: string,
  index: number,
): string {
  const hash = nodeCrypto()
    .createHash('sha256')
    .update(`${input.queue}\n${input.id}\n${queue}\n${index}`)
    .digest('hex');
  return `${input.id.slice(0, 16)}-${hash.slice(0, 20)}`;
}

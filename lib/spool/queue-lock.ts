/**
 * The right to work on a slice of a queue.
 *
 * Promises: whoever holds it knows that every entry of the slice in active/ and done/ is abandoned.
 */
import { type RangeLock, tryRangeLock } from '../base/range-lock.ts';
import type { Layout } from './layout.ts';
import type { HashRange } from './range.ts';

/** Tries once; `null` when another run holds part of the slice. @throws TemporaryError */
export function lockQueue(layout: Layout, queue: string, range: HashRange): Promise<RangeLock | null> {
  return tryRangeLock(layout.lock(queue), range);
}

/** Slices: parts of a queue's hash space that runs work on side by side. */
import { HASH_SPACE } from './entry-name.ts';

/** Places `start` up to `start + length` of the hash space. */
export type HashRange = { readonly start: number; readonly length: number };

/** The whole hash space. */
export const WHOLE: HashRange = { start: 0, length: HASH_SPACE };

/** Most slices a queue can be cut into. */
export const MAX_SLICES = 4096;

/** Slice `index` (from 0) of `count`. The slices of a count meet without gap or overlap. @throws RangeError */
export function sliceRange(index: number, count: number): HashRange {
  if (
    !(
      Number.isInteger(index) &&
      Number.isInteger(count) &&
      count >= 1 &&
      count <= MAX_SLICES &&
      index >= 0 &&
      index < count
    )
  ) {
    throw new RangeError(
      `no slice ${index} of ${count}: slices are 0 to count - 1, counts 1 to ${MAX_SLICES}`,
    );
  }
  const start = Math.floor((HASH_SPACE * index) / count);
  return { start, length: Math.floor((HASH_SPACE * (index + 1)) / count) - start };
}

/** True when the place lies in the range. */
export function inRange(range: HashRange, place: number): boolean {
  return place >= range.start && place < range.start + range.length;
}

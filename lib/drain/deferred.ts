/** What still waits for its time when a run ends. */
import { isSystemError } from '../base/errors.ts';
import { type HashRange, WHOLE } from '../spool/range.ts';
import { waiting } from '../spool/scan.ts';
import type { Spool } from '../spool/spool.ts';
import { DEFERRED_COUNT_LIMIT, type RunReport } from './report.ts';

/**
 * Counts the deferred entries of the queues (up to `limit`) and finds the earliest due time in their slices, and in the
 * whole spool. A queue
 * that cannot be read counts as empty: the run itself has met that trouble, and this is only its report.
 */
export function deferredIn(
  spool: Spool,
  parts: readonly { readonly queue: string; readonly range?: HashRange }[],
  limit = DEFERRED_COUNT_LIMIT,
): Pick<RunReport, 'stillDeferred' | 'nextDueAt' | 'earliestDueAt'> {
  const { stillDeferred, nextDueAt } = count(spool, parts, limit);
  const others = spool.layout.queues.map((queue) => ({ queue }));
  const all = parts.length === others.length && parts.every(({ range = WHOLE }) => isWhole(range));
  return { stillDeferred, nextDueAt, earliestDueAt: all ? nextDueAt : count(spool, others, 1).nextDueAt };
}

function isWhole({ start, length }: HashRange): boolean {
  return start === WHOLE.start && length === WHOLE.length;
}

function count(
  spool: Spool,
  parts: readonly { readonly queue: string; readonly range?: HashRange }[],
  limit: number,
): Pick<RunReport, 'stillDeferred' | 'nextDueAt'> {
  let stillDeferred = 0;
  let nextDueAt: number | null = null;
  for (const { queue, range } of parts) {
    try {
      // One more than the rest of the limit: the due time of a part is wanted also when others have used it up.
      const found = waiting(spool.layout, queue, Math.max(1, limit - stillDeferred), range);
      stillDeferred = Math.min(limit, stillDeferred + found.count);
      const { nextDue } = found;
      if (nextDue !== null && (nextDueAt === null || nextDue / 1000 < nextDueAt)) nextDueAt = nextDue / 1000;
    } catch (error) {
      if (!isSystemError(error)) throw error;
    }
  }
  return { stillDeferred, nextDueAt };
}

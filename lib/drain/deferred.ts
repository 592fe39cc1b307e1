/** What still waits for its time when a run ends. */
import { join } from 'node:path';
import { isSystemError } from '../base/errors.ts';
import type { HashRange } from '../spool/range.ts';
import { buckets, namesIn, nextDue } from '../spool/scan.ts';
import type { Spool } from '../spool/spool.ts';
import { DEFERRED_COUNT_LIMIT, type RunReport } from './report.ts';

/**
 * Counts the deferred entries of the queues (up to `limit`) and finds the earliest due time in their slices. A queue
 * that cannot be read counts as empty: the run itself has met that trouble, and this is only its report.
 */
export function deferredIn(
  spool: Spool,
  parts: readonly { readonly queue: string; readonly range?: HashRange }[],
  limit = DEFERRED_COUNT_LIMIT,
): Pick<RunReport, 'stillDeferred' | 'nextDueAt'> {
  let stillDeferred = 0;
  let nextDueAt: number | null = null;
  for (const { queue, range } of parts) {
    try {
      const due = nextDue(spool.layout, queue, range);
      if (due === null) continue;
      if (nextDueAt === null || due / 1000 < nextDueAt) nextDueAt = due / 1000;
      const directory = spool.layout.directory(queue, 'deferred');
      for (const bucket of buckets(spool.layout, queue)) {
        if (stillDeferred >= limit) break;
        stillDeferred += namesIn(join(directory, bucket)).length;
      }
    } catch (error) {
      if (!isSystemError(error)) throw error;
    }
  }
  return { stillDeferred: Math.min(stillDeferred, limit), nextDueAt };
}

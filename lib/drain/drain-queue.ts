/**
 * One queue to empty: claims what is new and due, oldest first, a few at a time, until a look finds nothing.
 *
 * An entry that a dead run had claimed before is worked on alone, so that a crash it causes is counted against it
 * and not against its neighbours.
 */
import { join } from 'node:path';
import type { Runner } from '../runners/runner.ts';
import { placeOf, setAside } from '../spool/move.ts';
import type { HashRange } from '../spool/range.ts';
import { type Found, findIn, findWork } from '../spool/scan.ts';
import { type WorkContext, workEntry } from './work-entry.ts';

/** Entries worked on at once, when the runner does not say. */
const DEFAULT_CONCURRENCY = 16;

/** Drains the queue's slice. Returns how many entries it looked at. @throws TemporaryError when the spool itself fails */
export async function drainQueue(context: WorkContext, queue: string, range: HashRange): Promise<number> {
  let looked = 0;
  let trouble: unknown = null;
  while (!context.signal.aborted) {
    const work = findWork(context.spool.layout, queue, range, context.spool.clock.now() * 1000);
    if (work.length === 0) break;
    const runner = await openForConcurrency(context);
    const concurrency = trouble === null ? (runner?.concurrency ?? DEFAULT_CONCURRENCY) : 1;
    try {
      await workAll(context, queue, work, concurrency);
    } catch (error) {
      // On a nearly full disk entries side by side take each other's room; one at a time may still go through.
      if (concurrency === 1) throw error;
      trouble = error;
    }
    looked += work.length;
  }
  // What was put back went through alone; what trouble left half-way is for the recovery of a next run.
  if (trouble !== null && hasUnfinished(context, queue, range)) throw trouble;
  return looked;
}

/** True when entries lie half-way, in active/ or done/: after trouble they are for the recovery of a next run. */
export function hasUnfinished(
  { spool }: Pick<WorkContext, 'spool'>,
  queue: string,
  range: HashRange,
): boolean {
  return (['active', 'done'] as const).some((state) => findIn(spool.layout, queue, state, range).length > 0);
}

/** A runner that cannot be opened says so entry by entry, through {@link workEntry}. */
async function openForConcurrency(context: WorkContext): Promise<Runner | null> {
  try {
    return await context.openRunner();
  } catch {
    return null;
  }
}

async function workAll(
  context: WorkContext,
  queue: string,
  work: readonly Found[],
  concurrency: number,
): Promise<void> {
  const inFlight = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const start = (found: Found) => {
    const task = workFound(context, queue, found)
      .catch((error: unknown) => {
        failures.push(error);
      })
      .finally(() => inFlight.delete(task));
    inFlight.add(task);
  };
  for (const found of work) {
    const suspect = (found.name?.claims ?? 0) > 0;
    while (inFlight.size >= (suspect ? 1 : concurrency)) await Promise.race(inFlight);
    if (failures.length > 0 || context.signal.aborted) break;
    start(found);
    if (suspect) await Promise.all(inFlight);
  }
  await Promise.all(inFlight);
  if (failures.length > 0) throw failures[0];
}

async function workFound(context: WorkContext, queue: string, found: Found): Promise<void> {
  if (found.name) return workEntry(context, placeOf(queue, found, found.name));
  const reason = 'its name is not that of an entry';
  const name = setAside(context.spool.layout, queue, join(found.directory, found.file), reason);
  if (name === null) return;
  context.report.bad++;
  context.log('warning', 'entry-bad', { queue, file: name, reason });
}

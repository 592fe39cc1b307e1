/**
 * One queue to empty: claims what is new and due, oldest first, a few at a time, until a look finds nothing.
 *
 * An entry that a dead run had claimed before is worked on alone, so that a crash it causes is counted against it
 * and not against its neighbours; but not for longer than a crash needs.
 */
import type { Runner } from '../runners/runner.ts';
import { placeOf, setAside } from '../spool/move.ts';
import type { HashRange } from '../spool/range.ts';
import { type Found, findWork, hasUnfinished } from '../spool/scan.ts';
import { atWork } from './at-work.ts';
import type { Budget } from './budget.ts';
import { settling } from './settling.ts';
import { type WorkContext, workEntry } from './work-entry.ts';

/** Entries worked on at once, when the runner does not say. */
const DEFAULT_CONCURRENCY = 16;

/** When as many are at work as may be, one in so many is waited for before more are claimed. */
const CLAIMED_TOGETHER = 8;

/** How long slow entries are waited for before the queue is looked into again, milliseconds. */
const LOOK_AGAIN_MS = 500;

/** How long an entry that a dead run had claimed has everything to itself, milliseconds. */
const ALONE_MS = 10_000;

/** What a queue is drained with. */
export type QueueContext = Omit<WorkContext, 'settling'> & { readonly budget: Budget };

/** True when nothing more may be claimed. */
export function mustEnd({ signal, budget }: Pick<QueueContext, 'signal' | 'budget'>): boolean {
  return signal.aborted || budget.isSpent();
}

/**
 * Drains the queue's slice. Returns how many entries it did something about. @throws TemporaryError when the spool
 * itself fails
 */
export async function drainQueue(context: QueueContext, queue: string, range: HashRange): Promise<number> {
  const { layout, clock } = context.spool;
  let worked = 0;
  let trouble: unknown = null;
  while (!mustEnd(context)) {
    const work = findWork(layout, queue, range, clock.now() * 1000);
    if (work.length === 0) break;
    const runner = await openForConcurrency(context);
    const concurrency = trouble === null ? (runner?.concurrency ?? DEFAULT_CONCURRENCY) : 1;
    let moved = 0;
    try {
      moved = await workAll(context, queue, range, work, concurrency);
    } catch (error) {
      // On a nearly full disk entries side by side take each other's room; one at a time may still go through.
      if (concurrency === 1) throw error;
      trouble = error;
      continue;
    }
    // Found and then gone, all of it: whoever takes it is at work, and a name that only seems to be there is not worth a loop.
    if (moved === 0) break;
    worked += moved;
  }
  // What was put back went through alone; what trouble left half-way is for the recovery of a next run.
  if (trouble !== null && hasUnfinished(layout, queue, range)) throw trouble;
  return worked;
}

/** A runner that cannot be opened says so entry by entry, through {@link workEntry}. */
async function openForConcurrency(context: QueueContext): Promise<Runner | null> {
  try {
    return await context.openRunner();
  } catch {
    return null;
  }
}

/** Works on what was found. Returns how many there were something to do about. @throws the first trouble */
async function workAll(
  context: QueueContext,
  queue: string,
  range: HashRange,
  work: readonly Found[],
  concurrency: number,
): Promise<number> {
  const works = atWork();
  const settled = settling(context.spool.syncDirectory);
  let moved = 0;
  const working: WorkContext = { ...context, settling: settled };
  const start = async (found: Found) => {
    if (await workFound(working, queue, found)) moved++;
  };
  /** Whether suspects are worked on alone: until one of them takes long, which is not what a crash looks like. */
  let alone = true;
  const isOver = () => works.failures.length > 0 || mustEnd(context);
  for (let batch: readonly Found[] | null = work; batch !== null; ) {
    for (const found of batch) {
      const suspect = alone && isSuspect(found);
      if (suspect) alone = await works.until(0, ALONE_MS);
      // Claimed several together, where many are at work: a sync for all of them takes no longer than one for each.
      else if (works.count() >= concurrency)
        await works.until(concurrency - Math.ceil(concurrency / CLAIMED_TOGETHER));
      if (isOver()) break;
      context.budget.take();
      works.add(start(found));
      if (suspect && alone) alone = await works.until(0, ALONE_MS);
    }
    // What comes while slow ones are at work need not wait for their end.
    const ended = isOver() || (await works.until(0, LOOK_AGAIN_MS));
    batch = ended || isOver() ? null : freshIn(context, queue, range);
  }
  await works.until(0);
  const failures = [...works.failures];
  await settled.end().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
  return moved;
}

/** A dead run had claimed it before. */
function isSuspect({ name }: Found): boolean {
  return (name?.claims ?? 0) > 0;
}

/** What has come meanwhile. Whatever wants to be alone waits until nothing else is at work. */
function freshIn({ spool }: QueueContext, queue: string, range: HashRange): Found[] {
  const found = findWork(spool.layout, queue, range, spool.clock.now() * 1000);
  return found.filter((one) => one.name !== null && !isSuspect(one));
}

async function workFound(context: WorkContext, queue: string, found: Found): Promise<boolean> {
  if (found.name) return workEntry(context, placeOf(queue, found, found.name));
  const reason = 'its name is not that of an entry';
  const name = setAside(context.spool.layout, queue, found, reason);
  if (name === null) return false;
  context.report.bad++;
  context.log('warning', 'entry-bad', { queue, file: name, reason });
  return true;
}

/**
 * A run: locks, recovery, passes over the queues until nothing is left, bells.
 *
 * Promises: what one runner hands to another is drained in the same run; a listed bell is removed only when its
 * work was done. A run that ends by trouble has put back what it held.
 */
import { errorText } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { RangeLock } from '../base/range-lock.ts';
import type { Runner } from '../runners/runner.ts';
import { listBells, silenceBells } from '../spool/bell.ts';
import { hashPlace } from '../spool/entry-name.ts';
import { lockQueue } from '../spool/queue-lock.ts';
import { type HashRange, inRange } from '../spool/range.ts';
import { recoverQueue } from '../spool/recover.ts';
import { findWork, isIdle } from '../spool/scan.ts';
import type { Spool } from '../spool/spool.ts';
import { drainQueue } from './drain-queue.ts';
import { deferredIn } from './deferred.ts';
import { emptyReport, type QueueReport, type RunEnd, type RunReport } from './report.ts';

/** A queue a run works on, whole or in part. */
export type Part = { readonly queue: string; readonly range: HashRange };

/** What a run is made of. */
export type RunPlan = {
  readonly spool: Spool;
  /** In the order of the mail's way, so that most of it goes through in one pass. */
  readonly parts: readonly Part[];
  /** Opens the queue's runner; called at most once a queue, and only when there is work. */
  readonly openRunner: (queue: string) => Promise<Runner>;
  readonly failureLimit: number;
  /** How long to wait for a slice that another run holds, milliseconds; `null`: leave it to that run. */
  readonly waitMs: number | null;
  readonly log: Log;
  readonly signal: AbortSignal;
};

/** How often a held lock is tried, milliseconds. */
const LOCK_POLL_MS = 100;

/** Drains the plan's queues to empty and says what was done. Does not throw for trouble: it is in the report. */
export async function drain(plan: RunPlan): Promise<RunReport> {
  const { spool, parts } = plan;
  const reports = new Map(parts.map(({ queue }) => [queue, emptyReport(queue)]));
  const close = new Map<string, Promise<Runner>>();
  let end: RunEnd = 'drained';
  let trouble: string | null = null;
  try {
    const nothing =
      parts.every(({ queue, range }) => isIdle(spool.layout, queue, range, spool.clock.now() * 1000)) &&
      listBells(spool.layout, covers(parts)).length === 0;
    if (!nothing) end = await drainLocked(plan, reports, close);
  } catch (error) {
    end = 'trouble';
    trouble = errorText(error);
    plan.log('error', 'run-trouble', { reason: trouble });
  } finally {
    await closeRunners(plan, close);
  }
  return { end, trouble, queues: [...reports.values()], ...deferredIn(spool, parts) };
}

/** Whether an entry belongs to one of the parts. */
function covers(parts: readonly Part[]): (queue: string, id: string) => boolean {
  return (queue, id) => parts.some((part) => part.queue === queue && inRange(part.range, hashPlace(id)));
}

/** Takes the locks, drains, gives them back, and looks once more: an arrival may have found us still holding them. */
async function drainLocked(
  plan: RunPlan,
  reports: ReadonlyMap<string, QueueReport>,
  runners: Map<string, Promise<Runner>>,
): Promise<RunEnd> {
  const deadline = plan.waitMs === null ? null : plan.spool.clock.now() + plan.waitMs;
  let end: RunEnd = 'drained';
  for (;;) {
    const { held, busy } = await takeLocks(plan, deadline);
    for (const report of reports.values()) report.busy = busy.some(({ queue }) => queue === report.queue);
    const mine = [...held.keys()];
    try {
      await drainParts(plan, mine, reports, runners);
    } finally {
      for (const lock of held.values()) lock.release();
    }
    if (plan.signal.aborted) return 'stopped';
    if (busy.length > 0) {
      if (deadline !== null) throw new Error(`another run still holds ${busy.map(({ queue }) => queue).join(', ')}`);
      end = 'busy';
    } else {
      end = 'drained';
    }
    const nowMicros = plan.spool.clock.now() * 1000;
    if (!mine.some(({ queue, range }) => findWork(plan.spool.layout, queue, range, nowMicros).length > 0)) return end;
  }
}

async function takeLocks(
  plan: RunPlan,
  deadline: number | null,
): Promise<{ held: Map<Part, RangeLock>; busy: Part[] }> {
  const { spool } = plan;
  const held = new Map<Part, RangeLock>();
  let busy = [...plan.parts];
  for (;;) {
    const still: Part[] = [];
    for (const part of busy) {
      const lock = await lockQueue(spool.layout, part.queue, part.range);
      if (lock) held.set(part, lock);
      else still.push(part);
    }
    busy = still;
    if (busy.length === 0 || deadline === null || spool.clock.now() >= deadline || plan.signal.aborted) break;
    await spool.clock.sleep(LOCK_POLL_MS, plan.signal);
  }
  return { held, busy };
}

/** Recovery, then pass after pass until one finds nothing, then the bells. */
async function drainParts(
  plan: RunPlan,
  parts: readonly Part[],
  reports: ReadonlyMap<string, QueueReport>,
  runners: Map<string, Promise<Runner>>,
): Promise<void> {
  const { spool, log } = plan;
  const bells = listBells(spool.layout, covers(parts));
  for (const { queue, range } of parts) {
    for (const { kind, id } of await recoverQueue(spool, queue, range)) {
      log(kind === 'poison' || kind === 'bad' ? 'warning' : 'notice', `recovery-${kind}`, { queue, id });
      const report = reports.get(queue);
      if (!report) continue;
      report.recovered++;
      if (kind === 'poison') report.shunted++;
      if (kind === 'bad') report.bad++;
    }
  }
  const drained = covers(parts);
  for (let found = 1; found > 0 && !plan.signal.aborted; ) {
    found = 0;
    for (const { queue, range } of parts) {
      found += await drainQueue(
        {
          spool,
          drained,
          failureLimit: plan.failureLimit,
          report: reports.get(queue) ?? emptyReport(queue),
          openRunner: () => openOnce(plan, runners, queue),
          log,
          signal: plan.signal,
        },
        queue,
        range,
      );
    }
  }
  if (!plan.signal.aborted) silenceBells(spool.layout, bells);
}

function openOnce(plan: RunPlan, runners: Map<string, Promise<Runner>>, queue: string): Promise<Runner> {
  const runner = runners.get(queue) ?? plan.openRunner(queue);
  runners.set(queue, runner);
  return runner;
}

async function closeRunners(plan: RunPlan, runners: ReadonlyMap<string, Promise<Runner>>): Promise<void> {
  for (const [queue, runner] of runners) {
    try {
      await (await runner).close?.();
    } catch (error) {
      plan.log('warning', 'runner-close', { queue, reason: errorText(error) });
    }
  }
}

/**
 * The working part of a run: locks, recovery, passes over the queues until nothing is left, bells. Loaded only when
 * there is something to do.
 *
 * Promises: what one runner hands to another is drained in the same run; a listed bell is removed only when its
 * work was done. Trouble in one queue keeps no other from its turn.
 * Fails: at the end, with the first of what the spool's file system said, or when a slice was not had in time.
 */
import { join } from 'node:path';
import type { RangeLock } from '../base/range-lock.ts';
import type { Runner } from '../runners/runner.ts';
import { listBells, silenceBells } from '../spool/bell.ts';
import { lockQueue } from '../spool/queue-lock.ts';
import { recoverQueue } from '../spool/recover.ts';
import { findWork } from '../spool/scan.ts';
import { drainQueue, hasUnfinished } from './drain-queue.ts';
import { covers, type Part, type RunPlan } from './plan.ts';
import { emptyReport, type QueueReport, type RunEnd } from './report.ts';

/** How often a held lock is tried, milliseconds. */
const LOCK_POLL_MS = 100;

/** Takes the locks, drains, gives them back, and looks once more: an arrival may have found us still holding them. */
export async function drainLocked(
  plan: RunPlan,
  reports: ReadonlyMap<string, QueueReport>,
  runners: Map<string, Promise<Runner>>,
): Promise<RunEnd> {
  const deadline = plan.waitMs === null ? null : plan.spool.clock.now() + plan.waitMs;
  let end: RunEnd = 'drained';
  for (;;) {
    const { held, busy, troubles } = await takeLocks(plan, deadline);
    for (const report of reports.values()) report.busy = busy.some(({ queue }) => queue === report.queue);
    const mine = [...held.keys()];
    try {
      troubles.push(...(await drainParts(plan, mine, reports, runners)));
    } finally {
      for (const lock of held.values()) lock.release();
    }
    if (troubles.length > 0) throw troubles[0];
    if (plan.signal.aborted) return 'stopped';
    if (busy.length > 0) {
      if (deadline !== null)
        throw new Error(`another run still holds ${busy.map(({ queue }) => queue).join(', ')}`);
      end = 'busy';
    } else {
      end = 'drained';
    }
    const nowMicros = plan.spool.clock.now() * 1000;
    if (!mine.some(({ queue, range }) => findWork(plan.spool.layout, queue, range, nowMicros).length > 0))
      return end;
  }
}

async function takeLocks(
  plan: RunPlan,
  deadline: number | null,
): Promise<{ held: Map<Part, RangeLock>; busy: Part[]; troubles: unknown[] }> {
  const { spool } = plan;
  const held = new Map<Part, RangeLock>();
  const troubles: unknown[] = [];
  let busy = [...plan.parts];
  for (;;) {
    const still: Part[] = [];
    for (const part of busy) {
      try {
        const lock = await lockQueue(spool.layout, part.queue, part.range);
        if (lock) held.set(part, lock);
        else still.push(part);
      } catch (error) {
        troubles.push(error);
      }
    }
    busy = still;
    if (busy.length === 0 || deadline === null || spool.clock.now() >= deadline || plan.signal.aborted) break;
    await spool.clock.sleep(LOCK_POLL_MS, plan.signal);
  }
  return { held, busy, troubles };
}

/** Recovery, then pass after pass until one finds nothing, then the bells. Returns the troubles that are left. */
async function drainParts(
  plan: RunPlan,
  parts: readonly Part[],
  reports: ReadonlyMap<string, QueueReport>,
  runners: Map<string, Promise<Runner>>,
): Promise<unknown[]> {
  const { spool, log } = plan;
  const unrecovered: unknown[] = [];
  const sound: Part[] = [];
  for (const part of parts) {
    try {
      await recoverPart(plan, part, reports.get(part.queue));
      sound.push(part);
    } catch (error) {
      // Not worked on in this run: what a dead run left in it must be set right first.
      unrecovered.push(error);
    }
  }
  const drained = covers(sound);
  // After recovery, which rings too, and before the first look: what is rung from here on stays.
  const bells = listBells(spool.layout, drained);
  const met = new Map<Part, unknown>();
  for (let found = 1; found > 0 && !plan.signal.aborted; ) {
    found = 0;
    for (const part of sound) {
      const { queue, range } = part;
      const context = {
        spool,
        drained,
        failureLimit: plan.failureLimit,
        report: reports.get(queue) ?? emptyReport(queue),
        openRunner: () => openOnce(plan, runners, queue),
        log,
        signal: plan.signal,
      };
      try {
        found += await drainQueue(context, queue, range);
        // With room again, what was put back has gone through; what lies half-way has not.
        if (met.has(part) && !hasUnfinished(plan, queue, range)) met.delete(part);
      } catch (error) {
        // The other queues still get their turn: on a full disk it is their work that makes room.
        met.set(part, error);
      }
    }
  }
  const troubles = [...unrecovered, ...met.values()];
  if (troubles.length === 0 && !plan.signal.aborted) {
    for (const name of silenceBells(spool.layout, bells)) {
      const path = join(spool.layout.bell, Buffer.from(name, 'latin1').toString());
      log('warning', 'bell-stays', { path, reason: 'it is a directory: see what it is and remove it' });
    }
  }
  return troubles;
}

async function recoverPart(
  { spool, log }: RunPlan,
  { queue, range }: Part,
  report: QueueReport = emptyReport(queue),
): Promise<void> {
  for (const { kind, id } of await recoverQueue(spool, queue, range)) {
    log(kind === 'poison' || kind === 'bad' ? 'warning' : 'notice', `recovery-${kind}`, { queue, id });
    report.recovered++;
    if (kind === 'poison') report.shunted++;
    if (kind === 'bad') report.bad++;
  }
}

function openOnce(plan: RunPlan, runners: Map<string, Promise<Runner>>, queue: string): Promise<Runner> {
  const runner = runners.get(queue) ?? plan.openRunner(queue);
  runners.set(queue, runner);
  return runner;
}

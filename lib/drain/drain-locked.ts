/**
 * The working part of a run: locks, recovery, passes over the queues until nothing is left, bells. Loaded only when
 * there is something to do.
 *
 * Promises: what one runner hands to another is drained in the same run; a listed bell is removed only when its
 * work was done; a run that ends with work left leaves a bell. Trouble in one queue keeps no other from its turn.
 * Fails: at the end, with the first of what the spool's file system said, or when a slice was not had in time.
 */
import { setMaxListeners } from 'node:events';
import type { RangeLock } from '../base/range-lock.ts';
import { within } from '../base/within.ts';
import type { Runner } from '../runners/runner.ts';
import { BELL_LIMIT, listBells, ringBell } from '../spool/bell.ts';
import { findStaged, type Staging } from '../spool/outputs.ts';
import { lockQueue } from '../spool/queue-lock.ts';
import { recoverQueue } from '../spool/recover.ts';
import { findWork, hasUnfinished, hasWork } from '../spool/scan.ts';
import { STRANGE_BELL, silenceBells } from '../spool/silence-bells.ts';
import { drainQueue, mustEnd } from './drain-queue.ts';
import { covers, type Part, type RunPlan } from './plan.ts';
import { emptyReport, type QueueReport, type RunEnd } from './report.ts';

/** A queue that takes longer than this is no longer waited for by the others, milliseconds. */
const SLOW_MS = 250;

/** How often the others are looked into while one takes long, milliseconds. */
const LOOK_AGAIN_MS = 500;

/** How often a held lock is tried, milliseconds. */
const LOCK_POLL_MS = 100;

/** Takes the locks, drains, gives them back, and looks once more: an arrival may have found us still holding them. */
export async function drainLocked(
  plan: RunPlan,
  reports: ReadonlyMap<string, QueueReport>,
  runners: Map<string, Promise<Runner>>,
): Promise<RunEnd> {
  // Each entry in work listens to both; Node would warn of more than ten, and cron make a mail of it.
  setMaxListeners(0, plan.signal, plan.overdue);
  const wait = { leftMs: plan.waitMs };
  for (;;) {
    const { held, busy, troubles } = await takeLocks(plan, wait);
    for (const report of reports.values()) report.busy = busy.some(({ queue }) => queue === report.queue);
    const mine = [...held.keys()];
    let worked = 0;
    try {
      const drained = await drainParts(plan, mine, reports, runners);
      troubles.push(...drained.troubles);
      worked = drained.worked;
    } finally {
      // What was put back may still be in a runner's hands: then the end of the process gives the locks back.
      if (!plan.overdue.aborted) for (const lock of held.values()) lock.release();
    }
    if (troubles.length > 0) throw troubles[0];
    if (plan.signal.aborted) return 'stopped';
    if (busy.length > 0 && plan.waitMs !== null)
      throw new Error(`another run still holds ${busy.map(({ queue }) => queue).join(', ')}`);
    if (!partsWithWork(plan, mine).length) return busy.length > 0 ? 'busy' : 'drained';
    if (plan.budget.isSpent()) {
      leaveBell(plan, mine);
      return 'budget';
    }
    // Names that are seen and cannot be had: another look would find the same.
    if (worked === 0) return busy.length > 0 ? 'busy' : 'drained';
  }
}

function partsWithWork({ spool }: RunPlan, parts: readonly Part[]): Part[] {
  const nowMicros = spool.clock.now() * 1000;
  return parts.filter(({ queue, range }) => hasWork(spool.layout, queue, range, nowMicros));
}

/** What is left may have come without a bell, or with one that was removed before its work: whoever watches must see one. */
function leaveBell(plan: RunPlan, parts: readonly Part[]): void {
  const { layout, clock } = plan.spool;
  for (const { queue, range } of partsWithWork(plan, parts)) {
    const [first] = findWork(layout, queue, range, clock.now() * 1000, 1);
    if (first?.name) ringBell(layout, queue, first.name.id);
  }
}

/** Tries until all locks are had, or the wait is over; `leftMs` is what is left of it, `null`: not to wait. */
async function takeLocks(
  plan: RunPlan,
  wait: { leftMs: number | null },
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
    if (busy.length === 0 || wait.leftMs === null || wait.leftMs <= 0 || plan.signal.aborted) break;
    await spool.clock.sleep(LOCK_POLL_MS, plan.signal);
    wait.leftMs -= LOCK_POLL_MS;
  }
  return { held, busy, troubles };
}

/** What a drain of all parts brought: the troubles that are left, and how many entries there was something to do about. */
type Drained = { readonly troubles: unknown[]; readonly worked: number };

/** Recovery, then for the bells that are there pass after pass until one finds nothing; then they are removed. */
async function drainParts(
  plan: RunPlan,
  parts: readonly Part[],
  reports: ReadonlyMap<string, QueueReport>,
  runners: Map<string, Promise<Runner>>,
): Promise<Drained> {
  const { spool } = plan;
  const { sound, troubles: unrecovered } = await recoverParts(plan, parts, reports);
  const drained = covers(sound);
  let worked = 0;
  for (;;) {
    // After recovery, which rings too, and before the first look: what is rung from here on stays.
    const bells = listBells(spool.layout, drained);
    const passes = await drainToEmpty(plan, sound, reports, runners);
    worked += passes.worked;
    const troubles = [...unrecovered, ...passes.troubles];
    if (troubles.length > 0 || plan.signal.aborted) return { troubles, worked };
    if (plan.budget.isSpent() && partsWithWork(plan, sound).length > 0) return { troubles, worked };
    for (const file of silenceBells(spool.layout, bells))
      plan.log('warning', 'entry-bad', { queue: spool.layout.queues[0], file, reason: STRANGE_BELL });
    if (bells.length < BELL_LIMIT) return { troubles, worked };
  }
}

async function recoverParts(
  plan: RunPlan,
  parts: readonly Part[],
  reports: ReadonlyMap<string, QueueReport>,
): Promise<{ readonly sound: Part[]; readonly troubles: unknown[] }> {
  const troubles: unknown[] = [];
  const sound: Part[] = [];
  const staging = findStaged(plan.spool);
  for (const part of parts) {
    try {
      await recoverPart(plan, part, staging, reports.get(part.queue));
      sound.push(part);
    } catch (error) {
      // Not worked on in this run: what a dead run left in it must be set right first.
      troubles.push(error);
    }
  }
  return { sound, troubles };
}

/** Pass after pass over the queues until one finds nothing. Tells the troubles that no later pass mended. */
async function drainToEmpty(
  plan: RunPlan,
  parts: readonly Part[],
  reports: ReadonlyMap<string, QueueReport>,
  runners: Map<string, Promise<Runner>>,
): Promise<Drained> {
  const { spool, log, signal, overdue, budget, failureLimit } = plan;
  const drained = covers(parts);
  const met = new Map<Part, unknown>();
  const slow = new Map<Part, Promise<void>>();
  let worked = 0;
  const drainPart = async (part: Part): Promise<void> => {
    const { queue, range } = part;
    const report = reports.get(queue) ?? emptyReport(queue);
    const openRunner = () => openOnce(plan, runners, queue);
    const context = { spool, drained, failureLimit, report, openRunner, log, signal, overdue, budget };
    try {
      worked += await drainQueue(context, queue, range);
      // With room again, what was put back has gone through; what lies half-way has not.
      if (met.has(part) && !hasUnfinished(spool.layout, queue, range)) met.delete(part);
    } catch (error) {
      // The other queues still get their turn: on a full disk it is their work that makes room.
      met.set(part, error);
    } finally {
      slow.delete(part);
    }
  };
  for (let before = -1; (worked > before || slow.size > 0) && !mustEnd(plan); ) {
    before = worked;
    for (const part of parts.filter((one) => !slow.has(one))) {
      const work = drainPart(part);
      slow.set(part, work);
      // Who takes long goes on by himself, and the others get their turns meanwhile: a server that hardly answers must not
      // keep posts of other lists from theirs.
      if (await within(work, SLOW_MS)) slow.delete(part);
    }
    if (worked === before && slow.size > 0) await within(Promise.race(slow.values()), LOOK_AGAIN_MS);
  }
  await Promise.all(slow.values());
  return { troubles: [...met.values()], worked };
}

async function recoverPart(
  { spool, log }: RunPlan,
  { queue, range }: Part,
  staging: Staging,
  report: QueueReport = emptyReport(queue),
): Promise<void> {
  for (const { kind, id } of await recoverQueue(spool, queue, range, staging)) {
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

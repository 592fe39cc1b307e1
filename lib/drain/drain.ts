/**
 * A run, from its plan to its report.
 *
 * Promises: a run that finds nothing takes no lock and loads nothing. A run that ends by trouble has put back what it
 * held; runners are closed in any case.
 */
import { errorText } from '../base/errors.ts';
import type { Runner } from '../runners/runner.ts';
import { listBells } from '../spool/bell.ts';
import { isIdle } from '../spool/scan.ts';
import type { Spool } from '../spool/spool.ts';
import { hasStaged } from '../spool/staged-name.ts';
import { deferredIn } from './deferred.ts';
import { covers, type Part, type RunPlan } from './plan.ts';
import { emptyReport, type RunEnd, type RunReport } from './report.ts';

/** Drains the plan's queues to empty and says what was done. Does not throw for trouble: it is in the report. */
export async function drain(plan: RunPlan): Promise<RunReport> {
  const { spool, parts } = plan;
  const reports = new Map(parts.map(({ queue }) => [queue, emptyReport(queue)]));
  const runners = new Map<string, Promise<Runner>>();
  let end: RunEnd = 'drained';
  let trouble: string | null = null;
  try {
    if (!hasNothing(spool, parts)) {
      const { drainLocked } = await import('./drain-locked.ts');
      end = await drainLocked(plan, reports, runners);
    }
  } catch (error) {
    end = 'trouble';
    trouble = errorText(error);
    plan.log('error', 'run-trouble', { reason: trouble });
  } finally {
    await closeRunners(plan, runners);
  }
  if (end === 'budget') plan.log('notice', 'run-budget', { left: 'in new/, for the next run' });
  return { end, trouble, queues: [...reports.values()], ...deferredIn(spool, parts) };
}

/** True when there is nothing to do: no work, nothing a dead run left, no bell. Takes no lock. */
function hasNothing(spool: Spool, parts: readonly Part[]): boolean {
  const nowMicros = spool.clock.now() * 1000;
  try {
    return (
      listBells(spool.layout, covers(parts), 1).length === 0 &&
      parts.every(({ queue, range }) => isIdle(spool.layout, queue, range, nowMicros)) &&
      !hasStaged(
        spool.layout,
        parts.map(({ queue }) => queue),
      )
    );
  } catch {
    // One queue cannot be read: the working part finds out which, and gives the others their turn.
    return false;
  }
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

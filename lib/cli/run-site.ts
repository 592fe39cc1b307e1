/** One drain of a site, as `--once` and `--watch` make it. */
import type { Configuration } from '../config/site.ts';
import { drain } from '../drain/drain.ts';
import type { RunPlan } from '../drain/plan.ts';
import type { RunReport } from '../drain/report.ts';
import type { Spool } from '../spool/spool.ts';
import type { Database } from '../state/connection.ts';

/** Drains the parts. Runners are opened when they have work and closed at the end; `database` stays the caller's; `work` is what drains. */
export function runSite(
  configuration: Configuration,
  spool: Spool,
  database: () => Promise<Database>,
  plan: Pick<RunPlan, 'parts' | 'waitMs' | 'log' | 'budget' | 'signal' | 'overdue'>,
  work: (plan: RunPlan) => Promise<RunReport> = drain,
): Promise<RunReport> {
  return work({
    ...plan,
    spool,
    openRunner: async (queue) =>
      (await import('../runners/registry.ts')).openRunner({ configuration, database }, queue),
    failureLimit: configuration.site.limits.failures,
  });
}

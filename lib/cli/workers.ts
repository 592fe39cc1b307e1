/**
 * A run in several processes: each drains a slice of every queue, and this one waits for them.
 *
 * Promises: what one worker hands to a slice of another that has ended already is drained in a further round; what a
 * worker that died had in its hands is recovered by this process's own pass at the end. A signal to end is passed on.
 * Queues that are worked on in order are not cut: all of each is the first worker's.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { ExpectedError, errorText } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import { isOrdered } from '../config/queue-names.ts';
import { startBudget } from '../drain/budget.ts';
import { deferredIn } from '../drain/deferred.ts';
import { drain } from '../drain/drain.ts';
import type { RunPlan } from '../drain/plan.ts';
import { COUNTS, mergeReports, type QueueReport, type RunReport } from '../drain/report.ts';
import { WHOLE } from '../spool/range.ts';
import { hasWork } from '../spool/scan.ts';
import type { Context } from './context.ts';
import type { RunLimits } from './limits.ts';
import { siteFile } from './open-site.ts';

/** Drains the plan's queues by worker processes. @throws ExpectedError (EX_USAGE) when slices were named */
export async function drainByWorkers(plan: RunPlan, limits: RunLimits, context: Context): Promise<RunReport> {
  if (plan.parts.some(({ range }) => range.length !== WHOLE.length)) {
    throw new ExpectedError(EX.USAGE, 'with --workers name whole queues: the slices are made from them');
  }
  const startedAt = performance.now();
  const reports: RunReport[] = [];
  const left = () => ({
    entries: limits.entries === null ? null : Math.max(0, limits.entries - takenIn(reports)),
    ms: limits.ms === null ? null : Math.max(0, limits.ms - (performance.now() - startedAt)),
  });
  for (let again = true; again; ) {
    const round = await workRound(plan, { ...limits, ...left() }, context);
    reports.push(...round.reports);
    again =
      round.died === 0 &&
      takenIn(round.reports) > 0 &&
      !plan.signal.aborted &&
      !plan.budget.isSpent() &&
      left().entries !== 0 &&
      round.reports.every(({ end }) => end === 'drained' || end === 'budget') &&
      hasWorkLeft(plan);
  }
  const last = await drain({ ...plan, budget: startBudget(left()) });
  return {
    ...mergeReports([...reports, last], last.end, deferredIn(plan.spool, plan.parts)),
    trouble: last.trouble,
  };
}

function takenIn(reports: readonly RunReport[]): number {
  return reports.flatMap(({ queues }) => queues).reduce((sum, { taken }) => sum + taken, 0);
}

function hasWorkLeft({ spool, parts }: RunPlan): boolean {
  const nowMicros = spool.clock.now() * 1000;
  return parts.some(({ queue, range }) => hasWork(spool.layout, queue, range, nowMicros));
}

type Round = { readonly reports: RunReport[]; readonly died: number };

/** Starts every worker once and waits for all. */
async function workRound(plan: RunPlan, limits: RunLimits, context: Context): Promise<Round> {
  const children = new Set<ChildProcess>();
  const forward = () => {
    for (const child of children) child.kill('SIGTERM');
  };
  const kill = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  plan.signal.addEventListener('abort', forward);
  plan.overdue.addEventListener('abort', kill);
  try {
    const numbers = Array.from({ length: limits.workers }, (_, number) => number);
    const results = await Promise.all(
      numbers.map(async (number) => {
        const child = startWorker(workerArguments(plan, limits, context, number));
        children.add(child);
        if (plan.signal.aborted) forward();
        const { report, end } = await workerEnd(child).finally(() => children.delete(child));
        if (report === null) plan.log('warning', 'worker-died', { worker: number, reason: end });
        return report;
      }),
    );
    const reports = results.filter((report) => report !== null);
    return { reports, died: results.length - reports.length };
  } finally {
    plan.signal.removeEventListener('abort', forward);
    plan.overdue.removeEventListener('abort', kill);
  }
}

function workerArguments(plan: RunPlan, limits: RunLimits, context: Context, number: number): string[] {
  const { workers, entries, ms, waitMs } = limits;
  const runners = plan.parts.flatMap(({ queue }) => {
    if (isOrdered(queue)) return number === 0 ? [queue] : [];
    return [`${queue}:${number}:${workers}`];
  });
  return [
    '--config',
    siteFile(context),
    '--once',
    '--json',
    ...(context.globals().verbose ? ['--verbose'] : []),
    ...runners.flatMap((runner) => ['--runner', runner]),
    ...(waitMs === null ? [] : [`--wait=${Math.ceil(waitMs / 1000)}s`]),
    ...(entries === null ? [] : ['--max-entries', String(Math.max(1, Math.ceil(entries / workers)))]),
    ...(ms === null ? [] : ['--max-seconds', String(Math.max(1, Math.ceil(ms / 1000)))]),
  ];
}

function startWorker(args: readonly string[]): ChildProcess {
  const [program = ''] = process.argv.slice(1);
  return spawn(process.execPath, [...process.execArgv, program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** What a worker reported, or how it died without a report. */
async function workerEnd(child: ChildProcess): Promise<{ report: RunReport | null; end: string }> {
  const closed = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(errorText(error)));
    child.on('close', (status, signal) => resolve(signal ?? `exit status ${status}`));
  });
  const [output, end] = await Promise.all([child.stdout ? text(child.stdout) : '', closed]);
  return { report: readReport(output), end };
}

/** A worker's report; `null` for what is none. */
function readReport(output: string): RunReport | null {
  try {
    const value: unknown = JSON.parse(output);
    return isReport(value) ? value : null;
  } catch {
    return null;
  }
}

function isReport(value: unknown): value is RunReport {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'end' in value && 'queues' in value && Array.isArray(value.queues) && value.queues.every(isQueueReport)
  );
}

function isQueueReport(value: unknown): value is QueueReport {
  if (typeof value !== 'object' || value === null || !('queue' in value)) return false;
  const counts: Readonly<Record<string, unknown>> = { ...value };
  return COUNTS.every((count) => typeof counts[count] === 'number');
}

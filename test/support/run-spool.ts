/** A run over a rig's spool, with runners that are functions in the test. */
import { NO_BUDGET } from '../../lib/drain/budget.ts';
import { drain } from '../../lib/drain/drain.ts';
import type { RunPlan } from '../../lib/drain/plan.ts';
import type { RunReport } from '../../lib/drain/report.ts';
import type { RunContext, Runner, Verdict } from '../../lib/runners/runner.ts';
import { EMPTY_META, type Entry, type Output, SAME_MESSAGE } from '../../lib/spool/entry.ts';
import { WHOLE } from '../../lib/spool/range.ts';
import type { SpoolRig } from './spool-rig.ts';

/** What a queue does with an entry. */
export type Work = (entry: Entry, context: RunContext) => Verdict | Promise<Verdict>;

/** Nothing more to do, with outputs or without. */
export function done(...outputs: Output[]): Verdict {
  return { kind: 'done', outputs };
}

/** The message as it is, for another queue. */
export function pass(queue: string): Output {
  return { queue, meta: EMPTY_META, message: SAME_MESSAGE };
}

/** A runner that does `work`. */
export function runnerOf(work: Work, concurrency?: number): Runner {
  return {
    run: async (entry, context) => work(entry, context),
    ...(concurrency === undefined ? {} : { concurrency }),
  };
}

/** A plan over the queues that have work to do, each whole. */
export function planOf(rig: SpoolRig, works: Readonly<Record<string, Work>>): RunPlan {
  return {
    spool: rig.spool,
    parts: Object.keys(works).map((queue) => ({ queue, range: WHOLE })),
    openRunner: async (queue) => runnerOf(works[queue] ?? (() => done())),
    failureLimit: 10,
    waitMs: null,
    log: rig.log,
    budget: NO_BUDGET,
    signal: new AbortController().signal,
    overdue: new AbortController().signal,
  };
}

/** Drains the queues that have work to do. */
export function runSpool(
  rig: SpoolRig,
  works: Readonly<Record<string, Work>>,
  plan: Partial<RunPlan> = {},
): Promise<RunReport> {
  return drain({ ...planOf(rig, works), ...plan });
}

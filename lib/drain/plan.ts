/** What a run is made of. */
import type { Log } from '../base/log.ts';
import type { Runner } from '../runners/runner.ts';
import { hashPlace } from '../spool/entry-name.ts';
import { type HashRange, inRange } from '../spool/range.ts';
import type { Spool } from '../spool/spool.ts';
import type { Budget } from './budget.ts';

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
  readonly budget: Budget;
  /** Aborted when the run is told to end: nothing more is claimed, what is in work comes to its end. */
  readonly signal: AbortSignal;
  /** Aborted when it was told so long enough ago: what is still in work is put back. */
  readonly overdue: AbortSignal;
};

/** Whether an entry belongs to one of the parts. */
export function covers(parts: readonly Part[]): (queue: string, id: string) => boolean {
  return (queue, id) => parts.some((part) => part.queue === queue && inRange(part.range, hashPlace(id)));
}

/** What a run did, for people, for `--json` and for the exit status. */

/** What became of the entries of one queue. */
export type QueueReport = {
  readonly queue: string;
  /** Entries claimed. */
  taken: number;
  done: number;
  deferred: number;
  held: number;
  shunted: number;
  /** Not readable as an entry. */
  bad: number;
  /** New entries made for other queues. */
  outputs: number;
  /** Set right after a run that died. */
  recovered: number;
  /** Another run works on it. */
  busy: boolean;
};

/** How a run ended. */
export type RunEnd =
  /** Nothing is left to do now. */
  | 'drained'
  /** Told to end; entries may be left in new/, and their bells stay. */
  | 'stopped'
  /** What the run may do is done; entries are left in new/, and a bell stays for the next run. */
  | 'budget'
  /** Another run holds some of the queues, and takes care of their entries. */
  | 'busy'
  /** Trouble kept the run from its work: disk, state, a lock not had in time. */
  | 'trouble';

/** What a run did. */
export type RunReport = {
  readonly end: RunEnd;
  /** One line, when `end` is trouble. */
  readonly trouble: string | null;
  readonly queues: readonly QueueReport[];
  /** Deferred entries of the run's queues, counted up to {@link DEFERRED_COUNT_LIMIT}. */
  readonly stillDeferred: number;
  /** When the earliest of them is due, milliseconds since the epoch. */
  readonly nextDueAt: number | null;
  /** The same over all queues of the spool: when a timer must fire so that nothing is late. */
  readonly earliestDueAt: number | null;
};

/** Counting stops here: what waits must not make a run slow. */
export const DEFERRED_COUNT_LIMIT = 1_000;

/** The numbers of a {@link QueueReport}. */
export const COUNTS = [
  'taken',
  'done',
  'deferred',
  'held',
  'shunted',
  'bad',
  'outputs',
  'recovered',
] as const;

/** A report of nothing. */
export function emptyReport(queue: string): QueueReport {
  return {
    queue,
    taken: 0,
    done: 0,
    deferred: 0,
    held: 0,
    shunted: 0,
    bad: 0,
    outputs: 0,
    recovered: 0,
    busy: false,
  };
}

/** A run's report from those of its parts, which may be of the same queues. `waiting` is what was found at the end. */
export function mergeReports(
  reports: readonly RunReport[],
  end: RunEnd,
  waiting: Pick<RunReport, 'stillDeferred' | 'nextDueAt' | 'earliestDueAt'>,
): RunReport {
  const queues = new Map<string, QueueReport>();
  for (const one of reports.flatMap((report) => report.queues)) {
    const sum = queues.get(one.queue) ?? emptyReport(one.queue);
    queues.set(one.queue, sum);
    for (const count of COUNTS) sum[count] += one[count];
    // A slice that was busy in one round may have been worked on in the next: the last word counts.
    sum.busy = one.busy;
  }
  const trouble =
    reports.findLast((report) => report.end === end && report.trouble !== null)?.trouble ?? null;
  return { end, trouble, queues: [...queues.values()], ...waiting };
}

/**
 * The periodic jobs of a process that watches: it runs those that are due, and must be awake when the next one is. The
 * rules and the stamps are those of `qrunner periodic`, so that a timer or cron beside it does nothing twice.
 */
import { Writable } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import { ExpectedError, errorText } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { EX, type ExitStatus } from '../base/sysexits.ts';
import type { Site } from '../config/site.ts';
import type { Context } from './context.ts';
import { JOBS, type Job, nextJobAt, periodic } from './periodic.ts';

/** How long after a job that failed it is tried again, milliseconds: as often as the timer of the units looks. */
const AGAIN_MS = 3_600_000;

/** What the jobs are run with. */
export type WatchedJobs = { readonly context: Context; readonly clock: Clock; readonly log: Log };

/**
 * Makes the function that runs what is due and says when the next job is, milliseconds since the epoch. It throws for no
 * trouble: that is logged, and tried again an hour later.
 */
export function watchedJobs(
  { context, clock, log }: WatchedJobs,
  jobs: readonly Job[] = JOBS,
): (site: Site) => Promise<number> {
  let notBefore = 0;
  return async ({ state }) => {
    try {
      const dueAt = Math.max(nextJobAt(jobs, state, clock.now()), notBefore);
      if (dueAt > clock.now()) return dueAt;
      const status = await runQuietly(jobs, state, context, clock);
      if (status === EX.OK) return nextJobAt(jobs, state, clock.now());
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      log('error', 'periodic-trouble', { reason: errorText(error) });
    }
    notBefore = clock.now() + AGAIN_MS;
    return notBefore;
  };
}

/** Standard output is for the reports of drains; what fails is still told on standard error. */
async function runQuietly(
  jobs: readonly Job[],
  state: string,
  context: Context,
  clock: Clock,
): Promise<ExitStatus> {
  let status: ExitStatus = EX.OK;
  const { stdin, stderr, env } = context.io;
  await periodic(
    jobs,
    { state, now: false, clock: clock.now },
    {
      ...context,
      io: { stdin, stdout: new Writable({ write: (_chunk, _encoding, done) => done() }), stderr, env },
      exit: (next) => {
        status = next;
      },
    },
  );
  return status;
}

/**
 * `qrunner --all --watch`: drain, wait until something may have changed, drain again, until told to end.
 *
 * Promises: at the start a wrong command line or configuration ends it as it ends every command; later only a signal
 * does, and another version of the program in the place of this one. While it waits, no lock is held, no runner and no database is open.
 */
import { systemClock } from '../base/clock.ts';
import { formatDuration, parseDuration } from '../base/duration.ts';
import { ExpectedError, errorText, TemporaryError } from '../base/errors.ts';
import { stderrLog } from '../base/log.ts';
import { EX } from '../base/sysexits.ts';
import { programStamp } from '../config/cache.ts';
import { keepConfiguration } from '../config/kept.ts';
import type { Site } from '../config/site.ts';
import type { RunReport } from '../drain/report.ts';
import { watchLoop } from '../drain/watch-loop.ts';
import { openWatcher } from '../watch/watcher.ts';
import type { Context } from './context.ts';
import { isTerminal } from './io.ts';
import type { RunLimits } from './limits.ts';
import { openSite, openSiteSpool, queueNames, siteFile } from './open-site.ts';
import { parseParts } from './parts.ts';
import { onHangup, untilSignal } from './signals.ts';
import { watchedJobs } from './watch-jobs.ts';
import { watchTurn } from './watch-turn.ts';

/** What the command line says. */
export type WatchOptions = {
  readonly all?: boolean;
  readonly runner?: readonly string[];
  readonly sleep?: string;
  /** Of each drain. */
  readonly limits: RunLimits;
  /** Prints the report of a drain that found work or trouble, and how long it took, milliseconds. */
  readonly tell: (report: RunReport, ms: number) => Promise<void>;
};

const DEFAULT_SLEEP = '15m';
const LEAST_SLEEP_MS = 1_000;
const MOST_SLEEP_MS = 7 * 86_400_000;

/** Carries out `--watch`; resolves when it was told to end. @throws ExpectedError for what is wrong at the start */
export async function watchAction(context: Context, options: WatchOptions): Promise<void> {
  const sleepMs = parseSleep(options.sleep ?? DEFAULT_SLEEP);
  const { io } = context;
  const terminal = isTerminal(io);
  // A terminal that hangs up has no more use for what runs on it.
  const stop = untilSignal(undefined, terminal ? ['SIGTERM', 'SIGINT', 'SIGHUP'] : undefined);
  const underSystemd = io.env.JOURNAL_STREAM !== undefined;
  // Not as quiet as a run of cron, whose words become a mail: what begins and ends here should be seen.
  const log = stderrLog(context.globals().verbose ? 'debug' : underSystemd ? 'info' : 'notice', io.env);
  const watcher = openWatcher({ log });
  const configuration = keepConfiguration(siteFile(context), { cache: true, env: io.env });
  let asked = false;
  const release = terminal
    ? () => {}
    : onHangup(() => {
        asked = true;
        configuration.forget();
        watcher.wake();
      });
  try {
    const partsOf = (site: Site) => parseParts(options.runner ?? [], options.all === true, queueNames(site));
    const { site } = await openSite(context);
    partsOf(site);
    prepareSpool(site);
    const program = programStamp();
    const look = watchTurn({
      configuration,
      wasAsked: () => {
        const was = asked;
        asked = false;
        return was;
      },
      partsOf,
      watcher,
      limits: options.limits,
      tell: options.tell,
      // Those are the site's: a process that has only some of its queues leaves them to others.
      jobs: options.all === true ? watchedJobs({ context, clock: systemClock, log }) : async () => null,
      log,
      stop,
    });
    const turn = () => {
      if (wasReplaced(program)) {
        throw new TemporaryError('the program was replaced while it ran: start it again');
      }
      return look();
    };
    log('notice', 'watch-start', { sleep: formatDuration(sleepMs) });
    const turns = await watchLoop({ turn, watcher, sleepMs, clock: systemClock, log, signal: stop.signal });
    log('notice', 'watch-end', { turns, reason: errorText(stop.signal.reason) });
    context.exit(EX.OK);
  } finally {
    watcher.close();
    release();
    stop.release();
  }
}

/** Parts of the program are loaded when they are needed; those of another version would not fit. */
function wasReplaced(stamp: string): boolean {
  try {
    return programStamp() !== stamp;
  } catch {
    return true;
  }
}

/** A spool of another version ends us now; a disk that is not there yet does not. */
function prepareSpool(site: Site): void {
  try {
    openSiteSpool(site);
  } catch (error) {
    if (!(error instanceof TemporaryError)) throw error;
  }
}

function parseSleep(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms < LEAST_SLEEP_MS || ms > MOST_SLEEP_MS) {
    throw new ExpectedError(
      EX.USAGE,
      `cannot take --sleep "${text}": wanted a time from 1s to 7d, such as 90s or 15m`,
    );
  }
  return ms;
}

/**
 * One turn of `--watch`: the configuration, then the watch, then the drain.
 *
 * Promises: the watch is armed before the look at what it watches, so that no change falls between. With a wrong
 * configuration nothing is drained; its directories are watched instead of the spool's. No trouble is thrown.
 */
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ExpectedError, errorText } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { KeptConfiguration } from '../config/kept.ts';
import type { Problem } from '../config/problem.ts';
import type { Configuration, Site } from '../config/site.ts';
import { startBudget } from '../drain/budget.ts';
import type { Turn } from '../drain/pace.ts';
import type { Part } from '../drain/plan.ts';
import type { RunReport } from '../drain/report.ts';
import type { Layout } from '../spool/layout.ts';
import type { Database } from '../state/connection.ts';
import type { WatchedDirectory, Watcher } from '../watch/watcher.ts';
import type { RunLimits } from './limits.ts';
import { lazyDatabase, openSiteSpool } from './open-site.ts';
import { runSite } from './run-site.ts';
import type { Stop } from './signals.ts';

/** What a turn is made of. */
export type TurnOptions = {
  readonly configuration: KeptConfiguration;
  /** Whether a person asked for the configuration to be read again since the last call. */
  readonly wasAsked: () => boolean;
  /** @throws ExpectedError when the site has no such queue */
  readonly partsOf: (site: Site) => readonly Part[];
  readonly watcher: Watcher;
  /** Of each drain. */
  readonly limits: RunLimits;
  readonly tell: (report: RunReport, ms: number) => Promise<void>;
  /** Runs the periodic jobs that are due; when the next one is, milliseconds since the epoch, or `null` for none. */
  readonly jobs: (site: Site) => Promise<number | null>;
  readonly log: Log;
  readonly stop: Pick<Stop, 'signal' | 'overdue'>;
};

/** What comes into new/ is mostly followed by its bell at once; what comes without one, by more of its kind. */
const SETTLE_MS = 100;

/** Makes the function that is one turn. */
export function watchTurn(options: TurnOptions): () => Promise<Turn> {
  const { configuration, wasAsked, partsOf, watcher, log } = options;
  let current: Configuration | null = null;
  let isWrong = false;
  const wrong = (reason: string): Turn => {
    isWrong = true;
    return { end: 'misconfigured', worked: false, reason, nextAt: null };
  };
  return async () => {
    if (isWrong && current) watcher.arm(configurationPlaces(current));
    const loaded = await configuration.read();
    if (loaded.configuration === null) return wrong(await problemText(loaded.problems));
    if (loaded.configuration !== current) {
      const changed = current !== null && !isDeepStrictEqual(current, loaded.configuration);
      if (wasAsked() || changed) log('notice', 'config-read', { changed });
      current = loaded.configuration;
    }
    let parts: readonly Part[];
    try {
      parts = partsOf(current.site);
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      return wrong(errorText(error));
    }
    isWrong = false;
    const turn = await drainOnce(current, parts, options);
    // Mail first: jobs wait while there is more of it, or trouble with it.
    if (turn.end !== 'drained' || turn.nextAt === 0 || options.stop.signal.aborted) return turn;
    return { ...turn, nextAt: earlier(turn.nextAt, await options.jobs(current.site)) };
  };
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

async function drainOnce(
  configuration: Configuration,
  parts: readonly Part[],
  { watcher, limits, tell, log, stop }: TurnOptions,
): Promise<Turn> {
  const started = performance.now();
  const state = closable(lazyDatabase(configuration.site));
  // The loop tells of trouble, by its changes, and goes on at once with what is left.
  const quiet: Log = (level, event, fields) => {
    if (event !== 'run-trouble' && event !== 'run-budget') log(level, event, fields);
  };
  try {
    const spool = openSiteSpool(configuration.site);
    watcher.arm(spoolPlaces(spool.layout, parts));
    const report = await runSite(configuration, spool, state.open, {
      parts,
      waitMs: limits.waitMs,
      log: quiet,
      budget: startBudget(limits),
      signal: stop.signal,
      overdue: stop.overdue,
    });
    const turn = turnOf(report);
    if (turn.worked) await tell(report, performance.now() - started);
    return turn;
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    return { end: 'trouble', worked: false, reason: errorText(error), nextAt: null };
  } finally {
    await state.close();
  }
}

/** What a drain's report means for the loop. */
export function turnOf({ end, trouble, queues, nextDueAt }: RunReport): Turn {
  const worked = queues.some(({ taken, recovered, bad }) => taken + recovered + bad > 0);
  // What a drain was not allowed to do is due now.
  if (end === 'budget') return { end: 'drained', worked, reason: null, nextAt: 0 };
  return { end: end === 'stopped' ? 'drained' : end, worked, reason: trouble, nextAt: nextDueAt };
}

function spoolPlaces(layout: Layout, parts: readonly Part[]): WatchedDirectory[] {
  const queues = new Set(parts.map(({ queue }) => queue));
  const inbound = [...queues].map((queue) => ({
    path: layout.directory(queue, 'new'),
    settleMs: SETTLE_MS,
  }));
  return [{ path: layout.bell, settleMs: 0 }, ...inbound];
}

function configurationPlaces({ site }: Configuration): WatchedDirectory[] {
  return [dirname(site.file), site.lists].map((path) => ({ path, settleMs: SETTLE_MS }));
}

/** The first mistake in one line, and how many more there are. */
async function problemText([first, ...more]: readonly Problem[]): Promise<string> {
  if (first === undefined) return 'it cannot be read';
  const { formatProblem } = await import('../config/format-problem.ts');
  const text = formatProblem(first).replace(/\s*\n\s*/g, '; ');
  return more.length === 0 ? text : `${text}; and ${more.length} more, see qrunner check`;
}

/** A database that is opened when it is asked for, and closed if it was. */
function closable(open: () => Promise<Database>): {
  readonly open: () => Promise<Database>;
  readonly close: () => Promise<void>;
} {
  let opened: Promise<Database> | null = null;
  return {
    open: () => {
      opened ??= open();
      return opened;
    },
    close: async () => {
      try {
        (await opened)?.close();
      } catch {
        // It could not be opened, which the entries were told; or not closed, and the next drain opens another.
      }
    },
  };
}

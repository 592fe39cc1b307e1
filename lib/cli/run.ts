/** `qrunner --all --once`: a run, from its options to its report. With `--watch`: one after the other. */
import type { Command } from 'commander';
import { ExpectedError } from '../base/errors.ts';
import { stderrLog } from '../base/log.ts';
import { EX, type ExitStatus } from '../base/sysexits.ts';
import { QUEUES } from '../config/queue-names.ts';
import { startBudget } from '../drain/budget.ts';
import { drain } from '../drain/drain.ts';
import type { RunEnd, RunReport } from '../drain/report.ts';
import type { Context } from './context.ts';
import { type Io, isTerminal, print, printJson } from './io.ts';
import { type LimitOptions, readLimits } from './limits.ts';
import { lazyDatabase, openSite, openSiteSpool, queueNames } from './open-site.ts';
import { parseParts } from './parts.ts';
import { runSite } from './run-site.ts';
import { untilSignal } from './signals.ts';

type RunOptions = LimitOptions & {
  all?: boolean;
  once?: boolean;
  list?: boolean;
  runner?: string[];
  sleep?: string;
  watch?: boolean;
};

/** Exit status of each end of a run. */
export const END_STATUS: Readonly<Record<RunEnd, ExitStatus>> = {
  drained: EX.OK,
  stopped: EX.OK,
  budget: EX.OK,
  busy: EX.OK,
  trouble: EX.TEMPFAIL,
};

/** Carries out the program without a command. */
export async function runAction(program: Command, context: Context): Promise<void> {
  const options = program.opts<RunOptions>();
  const { io } = context;
  if (options.list) return nameRunners(context);
  if (!options.all && !options.runner) {
    program.outputHelp();
    return context.exit(EX.USAGE);
  }
  checkManner(options);
  const limits = readLimits(options);
  if (options.watch) {
    const { watchAction } = await import('./watch.ts');
    return watchAction(context, { ...options, limits, tell: (report, ms) => tell(context, report, ms) });
  }
  const configuration = await openSite(context);
  const { site } = configuration;
  const parts = parseParts(options.runner ?? [], options.all === true, queueNames(site));
  const { verbose } = context.globals();
  const underSystemd = io.env.JOURNAL_STREAM !== undefined;
  const started = performance.now();
  const database = lazyDatabase(site);
  const stop = untilSignal();
  const plan = {
    parts,
    waitMs: limits.waitMs,
    log: stderrLog(verbose ? 'debug' : underSystemd ? 'info' : 'warning', io.env),
    budget: startBudget(limits),
    signal: stop.signal,
    overdue: stop.overdue,
  };
  const report = await runSite(
    configuration,
    openSiteSpool(site),
    database,
    plan,
    limits.workers === 1
      ? drain
      : async (whole) => (await import('./workers.ts')).drainByWorkers(whole, limits, context),
  ).finally(stop.release);
  const ms = performance.now() - started;
  await tell(context, report, ms);
  context.exit(END_STATUS[report.end]);
}

/** @throws ExpectedError (EX_USAGE) unless exactly one way to run was said */
function checkManner({ once, watch, sleep, workers }: RunOptions): void {
  if (once && watch) throw new ExpectedError(EX.USAGE, 'say --once or --watch, not both');
  if (!once && !watch) {
    throw new ExpectedError(
      EX.USAGE,
      'say --once: drain what is there and exit, systemd or cron starts the next run; ' +
        'or --watch: stay, and drain whenever something comes',
    );
  }
  if (sleep !== undefined && !watch) throw new ExpectedError(EX.USAGE, '--sleep goes with --watch only');
  if (workers !== undefined && watch) {
    throw new ExpectedError(
      EX.USAGE,
      '--workers goes with --once only: start several with --watch, each with --runner NAME:SLICE:RANGE',
    );
  }
}

async function tell(context: Context, report: RunReport, ms: number): Promise<void> {
  const { json, verbose } = context.globals();
  if (json) printJson(context.io, { ...report, ms: Math.round(ms) });
  else if (isTerminal(context.io) || verbose) await show(context.io, report, ms);
}

async function nameRunners(context: Context): Promise<void> {
  const rows: [string, string][] = QUEUES.map(({ name, purpose }) => [name, purpose]);
  try {
    const { site } = await openSite(context);
    for (const [name, queue] of Object.entries(site.queues)) {
      rows.push([
        name,
        queue.kind === 'exec' ? `your own: runs ${queue.command[0]}` : `your own: ${queue.path}`,
      ]);
    }
  } catch (error) {
    // Without a site there are still our eight.
    if (!(error instanceof ExpectedError)) throw error;
  }
  if (context.globals().json)
    return printJson(
      context.io,
      rows.map(([name, purpose]) => ({ name, purpose })),
    );
  const width = Math.max(...rows.map(([name]) => name.length));
  print(context.io, rows.map(([name, purpose]) => `${name.padEnd(width)}  ${purpose}`).join('\n'));
}

async function show(io: Io, report: RunReport, ms: number): Promise<void> {
  const { formatRun } = await import('./format-run.ts');
  print(io, await formatRun(report, ms, isTerminal(io)));
}

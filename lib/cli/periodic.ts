/**
 * `qrunner periodic`: runs the jobs that are due, as anacron(8) does: by when each ran last, not by the time of day.
 *
 * Promises: when a job ran last is on the disk before the next one begins; a job that failed is due again at the next
 * call; two calls at once do not run a job twice.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { writeFileDurably } from '../base/durable.ts';
import { formatDuration } from '../base/duration.ts';
import { errorCode, errorText, TemporaryError } from '../base/errors.ts';
import { tryRangeLock } from '../base/range-lock.ts';
import { EX, type ExitStatus } from '../base/sysexits.ts';
import type { Context } from './context.ts';
import { complain, isTerminal, print, printJson } from './io.ts';
import { openSite } from './open-site.ts';

/** A job: a command line of this program. */
export type Job = {
  readonly name: string;
  /** Time between two runs, milliseconds. */
  readonly everyMs: number;
  /** Without the options before the command's name. */
  readonly argv: readonly string[];
};

/** What was done about a job. */
export type JobReport = {
  readonly name: string;
  /** Exit status, or `null` when it was not due. */
  readonly status: ExitStatus | null;
  /** When it is due, milliseconds since the epoch. */
  readonly dueAt: number;
};

/** All jobs, in the order they are run in. */
export const JOBS: readonly Job[] = [
  { name: 'cull', everyMs: 86_400_000, argv: ['cull'] },
  { name: 'bounces', everyMs: 86_400_000, argv: ['bounces'] },
];

/** Declares the command. */
export function declare(command: Command, context: Context): void {
  command
    .description(
      `Run the jobs that are due: ${JOBS.map(({ name, everyMs }) => `${name} every ${formatDuration(everyMs)}`).join(', ')}.`,
    )
    .option('--now', 'run them all, due or not')
    .action(async ({ now = false }: { now?: boolean }) => {
      const { site } = await openSite(context);
      await periodic(JOBS, { state: site.state, now, clock: Date.now }, context);
    });
}

/** How the jobs are run. */
export type PeriodicOptions = {
  /** The site's state directory. */
  readonly state: string;
  /** Run what is not due, too. */
  readonly now: boolean;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
};

/**
 * Runs what is due and prints it; the exit status is that of the first job that failed.
 * @throws TemporaryError when the directory of the stamps cannot be used
 */
export async function periodic(
  jobs: readonly Job[],
  options: PeriodicOptions,
  context: Context,
): Promise<void> {
  const directory = stampsIn(options.state);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o750 });
  } catch (error) {
    throw new TemporaryError(`cannot make ${directory}: ${errorText(error)}`, { cause: error });
  }
  const lock = await tryRangeLock(join(directory, 'lock'), { start: 0, length: 1 });
  if (lock === null) {
    if (isTerminal(context.io)) print(context.io, 'Another qrunner periodic is at work.');
    return;
  }
  try {
    report(await runDue(jobs, directory, options, context), options.clock(), context);
  } finally {
    lock.release();
  }
}

function stampsIn(state: string): string {
  return join(state, 'periodic');
}

async function runDue(
  jobs: readonly Job[],
  directory: string,
  { now, clock }: PeriodicOptions,
  context: Context,
): Promise<JobReport[]> {
  const reports: JobReport[] = [];
  const { config } = context.globals();
  for (const { name, everyMs, argv } of jobs) {
    const stamp = stampOf(directory, name);
    const startedAt = clock();
    const due = dueAt(stamp, everyMs, startedAt);
    if (!now && due > startedAt) {
      reports.push({ name, status: null, dueAt: due });
      continue;
    }
    const status = await context.call([...(config === undefined ? [] : ['--config', config]), ...argv]);
    if (status === EX.OK) keep(stamp, startedAt);
    reports.push({ name, status, dueAt: status === EX.OK ? startedAt + everyMs : startedAt });
  }
  return reports;
}

function stampOf(directory: string, name: string): string {
  return join(directory, `${name}.stamp`);
}

/** When a job is due, milliseconds since the epoch: `now` when it is. A stamp of the future is one of a clock that went wrong. */
function dueAt(stamp: string, everyMs: number, now: number): number {
  const ranAt = lastRun(stamp);
  return ranAt === null || ranAt > now ? now : Math.max(now, ranAt + everyMs);
}

/** When the first of the jobs is due, milliseconds since the epoch. @throws TemporaryError when a stamp cannot be read */
export function nextJobAt(jobs: readonly Job[], state: string, now: number): number {
  const directory = stampsIn(state);
  return Math.min(...jobs.map(({ name, everyMs }) => dueAt(stampOf(directory, name), everyMs, now)));
}

/** When a job ran last, milliseconds since the epoch; `null` for never, and for a stamp that cannot be read as a time. */
function lastRun(stamp: string): number | null {
  try {
    const at = Date.parse(readFileSync(stamp, 'utf8').trim());
    return Number.isNaN(at) ? null : at;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw new TemporaryError(`cannot read ${stamp}: ${errorText(error)}`, { cause: error });
  }
}

function keep(stamp: string, at: number): void {
  try {
    writeFileDurably(stamp, `${new Date(at).toISOString()}\n`, 0o640);
  } catch (error) {
    throw new TemporaryError(`cannot write ${stamp}: ${errorText(error)}`, { cause: error });
  }
}

function report(reports: readonly JobReport[], now: number, { io, globals, exit }: Context): void {
  const failed = reports.find(({ status }) => status !== null && status !== EX.OK);
  if (failed?.status) exit(failed.status);
  if (globals().json) {
    printJson(io, reports);
    return;
  }
  for (const { name, status, dueAt } of reports) {
    if (status === EX.OK) print(io, `${name}: done, again in ${formatDuration(dueAt - now)}`);
    else if (status !== null)
      complain(io, `qrunner: ${name} ended with ${status}; it is tried at the next call`);
    else if (isTerminal(io)) print(io, `${name}: due in ${formatDuration(dueAt - now)}`);
  }
}

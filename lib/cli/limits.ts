/** What a run may use, from its options. */
import { parseDuration } from '../base/duration.ts';
import { ExpectedError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';

/** The options, as they were written. */
export type LimitOptions = { wait?: string; workers?: string; maxEntries?: string; maxSeconds?: string };

/** What a run may use. `null`: no limit. */
export type RunLimits = {
  /** Processes. */
  readonly workers: number;
  readonly entries: number | null;
  readonly ms: number | null;
  readonly waitMs: number | null;
};

/** Most processes a run starts. */
const MAX_WORKERS = 64;

/** The numbers of a run's options. @throws ExpectedError (EX_USAGE) */
export function readLimits({ wait, workers, maxEntries, maxSeconds }: LimitOptions): RunLimits {
  return {
    waitMs: wait === undefined ? null : parseWait(wait),
    workers: workers === undefined ? 1 : parseCount('--workers', workers, MAX_WORKERS),
    entries: maxEntries === undefined ? null : parseCount('--max-entries', maxEntries, 1_000_000_000),
    ms: maxSeconds === undefined ? null : 1000 * parseCount('--max-seconds', maxSeconds, 86_400),
  };
}

function parseCount(option: string, text: string, most: number): number {
  const count = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= most) return count;
  throw new ExpectedError(
    EX.USAGE,
    `cannot read ${option} "${text}": wanted a whole number from 1 to ${most}`,
  );
}

function parseWait(text: string): number {
  const ms = parseDuration(text);
  if (ms === null)
    throw new ExpectedError(EX.USAGE, `cannot read --wait "${text}": wanted a time such as 90s or 10m`);
  return ms;
}

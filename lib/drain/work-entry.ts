/**
 * One entry: claim, read, run, apply.
 *
 * Promises: whatever a runner does or throws, the entry ends in a state of the table; one bad entry keeps no other
 * from its turn.
 * Fails: only with the system's errors about the spool itself, as a {@link TemporaryError}; the entry is then back in new/.
 */
import { backoffMs } from '../base/backoff.ts';
import { errorCode, errorText, ExpectedError, TemporaryError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { RunContext, Runner, Verdict } from '../runners/runner.ts';
import type { Entry } from '../spool/entry.ts';
import { readEntryFile } from '../spool/entry-file.ts';
import { hashPlace, HASH_SPACE } from '../spool/entry-name.ts';
import { openJournal } from '../spool/journal.ts';
import { claim, type Place, putBack, setAside } from '../spool/move.ts';
import { type ApplyContext, applyVerdict } from './apply.ts';
import { openEntry } from './open-entry.ts';

/** What an entry is worked on with. */
export type WorkContext = ApplyContext & {
  readonly openRunner: () => Promise<Runner>;
  readonly log: Log;
  readonly signal: AbortSignal;
};

/** Works on one entry found in new/ or deferred/. @throws TemporaryError when the spool itself fails */
export async function workEntry(context: WorkContext, found: Place): Promise<void> {
  const { spool, report, log } = context;
  const { layout, clock } = spool;
  const place = guarded(`claim ${found.path}`, () => claim(layout, found));
  // Somebody else was quicker: an operator's hold, or a run beside us.
  if (place === null) return;
  report.taken++;
  const about = { queue: place.queue, id: place.name.id };
  const file = guarded(`read ${place.path}`, () => readEntryFile(place.path));
  if (typeof file === 'string') {
    guarded(`set ${place.path} aside`, () => setAside(layout, place.queue, place.path, file));
    report.bad++;
    log('warning', 'entry-bad', { ...about, reason: file });
    return;
  }
  const started = clock.now();
  const entry = openEntry(place, file);
  const verdict = await runRunner(context, entry);
  try {
    const applied = await applyVerdict(context, place, entry, verdict);
    log(applied === 'shunt' ? 'warning' : 'info', `entry-${applied}`, {
      ...about,
      list: entry.meta.list,
      ...describe(verdict),
      ms: Math.round(clock.now() - started),
    });
  } catch (error) {
    if (errorCode(error) === null && error instanceof ExpectedError && !(error instanceof TemporaryError)) {
      await applyVerdict(context, place, entry, { kind: 'shunt', reason: errorText(error) });
      log('warning', 'entry-shunt', { ...about, reason: errorText(error) });
      return;
    }
    putBack(layout, place);
    throw new TemporaryError(`cannot finish entry ${place.name.id} of queue ${place.queue}: ${errorText(error)}`, {
      cause: error,
    });
  }
}

/** Runs the runner; whatever it throws becomes a counted deferral. */
async function runRunner(context: WorkContext, entry: Entry): Promise<Verdict> {
  const { spool } = context;
  try {
    const runner = await context.openRunner();
    const journal = openJournal(spool, entry.queue, entry.id);
    try {
      const runContext: RunContext = { clock: spool.clock, log: context.log, journal, signal: context.signal };
      return await runner.run(entry, runContext);
    } finally {
      journal.close();
    }
  } catch (error) {
    const reason = error instanceof ExpectedError ? errorText(error) : errorStack(error);
    const delay = backoffMs(entry.failures + 1, hashPlace(entry.id) / HASH_SPACE);
    return { kind: 'defer', until: spool.clock.now() + delay, reason, failed: true };
  }
}

function errorStack(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function describe(verdict: Verdict): Record<string, string | number | undefined> {
  switch (verdict.kind) {
    case 'done':
      return { outputs: verdict.outputs.map(({ queue }) => queue).join(',') || undefined, note: verdict.note };
    case 'defer':
      return { until: new Date(verdict.until).toISOString(), reason: firstLine(verdict.reason) };
    case 'hold':
    case 'shunt':
      return { reason: firstLine(verdict.reason) };
    default:
      return {};
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function guarded<T>(action: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new TemporaryError(`cannot ${action}: ${errorText(error)}`, { cause: error });
  }
}


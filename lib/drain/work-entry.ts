/**
 * One entry: claim, read, run, apply.
 *
 * Promises: whatever a runner does or throws, the entry ends in a state of the table; one bad entry keeps no other
 * from its turn.
 * Fails: only with the system's errors about the spool itself, as a {@link TemporaryError}; the entry is then back in new/.
 */
import { basename, dirname } from 'node:path';
import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { ExpectedError, errorText, isSystemError, TemporaryError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { EX } from '../base/sysexits.ts';
import type { Runner, Verdict } from '../runners/runner.ts';
import type { Entry } from '../spool/entry.ts';
import { readEntryFile } from '../spool/entry-file.ts';
import { HASH_SPACE, hashPlace } from '../spool/entry-name.ts';
import { openJournal } from '../spool/journal.ts';
import type { Layout } from '../spool/layout.ts';
import { claim, type Place, putBack, setAside } from '../spool/move.ts';
import { type Applied, type ApplyContext, applyVerdict } from './apply.ts';
import { openEntry } from './open-entry.ts';

/** What an entry is worked on with. */
export type WorkContext = ApplyContext & {
  readonly openRunner: () => Promise<Runner>;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly overdue: AbortSignal;
};

/**
 * Works on one entry found in new/ or deferred/. False when somebody else was quicker: an operator's hold, or a run
 * beside us. @throws TemporaryError when the spool itself fails
 */
export async function workEntry(context: WorkContext, found: Place): Promise<boolean> {
  const { spool } = context;
  const place = claimPlace(spool.layout, found);
  if (place === null) return false;
  context.report.taken++;
  try {
    // The claim is counted before any work, and for good: whatever the work does to this machine, it has been counted.
    await spool.syncDirectory(dirname(place.path));
    await workClaimed(context, place);
  } catch (error) {
    tryPutBack(spool.layout, place);
    if (error instanceof Overdue) {
      context.log('warning', 'entry-put-back', {
        queue: place.queue,
        id: place.name.id,
        reason: error.message,
      });
      return true;
    }
    throw new TemporaryError(
      `cannot finish entry ${place.name.id} of queue ${place.queue}: ${errorText(error)}`,
      {
        cause: error,
      },
    );
  }
  return true;
}

/** The run was told to end, and its runner did not come to an end. */
class Overdue extends Error {}

/** The result of the work, or {@link Overdue} thrown when the run must not wait for it any longer. */
function unlessOverdue<T>(work: Promise<T>, overdue: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Overdue('its runner did not end in time after the run was told to'));
    if (overdue.aborted) stop();
    else overdue.addEventListener('abort', stop);
    void work.then(resolve, reject).finally(() => overdue.removeEventListener('abort', stop));
  });
}

function claimPlace(layout: Layout, found: Place): Place | null {
  try {
    return claim(layout, found);
  } catch (error) {
    throw new TemporaryError(`cannot claim ${found.path}: ${errorText(error)}`, { cause: error });
  }
}

function tryPutBack(layout: Layout, place: Place): void {
  try {
    putBack(layout, place);
  } catch {
    // It stays in active/, where the next run's recovery finds it. The first error is the one to tell.
  }
}

async function workClaimed(context: WorkContext, place: Place): Promise<void> {
  const { spool, report, log } = context;
  const about = { queue: place.queue, id: place.name.id };
  const file = readEntryFile(place.path);
  if (typeof file === 'string') {
    setAside(spool.layout, place.queue, { directory: dirname(place.path), file: basename(place.path) }, file);
    report.bad++;
    log('warning', 'entry-bad', { ...about, reason: file });
    return;
  }
  const startedAt = spool.clock.now();
  const entry = openEntry(place, file);
  let verdict = await unlessOverdue(runRunner(context, entry), context.overdue);
  let applied: Applied;
  try {
    applied = await applyVerdict(context, place, entry, verdict);
  } catch (error) {
    if (error instanceof TemporaryError || isSystemError(error)) throw error;
    verdict = verdictOnFault(spool.clock, entry, error);
    applied = await applyVerdict(context, place, entry, verdict);
  }
  log(applied === 'shunt' ? 'warning' : 'info', `entry-${applied}`, {
    ...about,
    list: entry.meta.list,
    ...describe(verdict),
    ms: Math.round(spool.clock.now() - startedAt),
  });
}

/**
 * Runs the runner. That the message itself is at fault (EX_DATAERR) will not change: shunted. Whatever else it throws
 * becomes a counted deferral. @throws the system's errors about the journal
 */
async function runRunner(context: WorkContext, entry: Entry): Promise<Verdict> {
  const { spool, log, signal } = context;
  const journal = openJournal(spool, entry.queue, entry.id);
  try {
    const runner = await context.openRunner();
    return await runner.run(entry, { clock: spool.clock, log, journal, signal });
  } catch (error) {
    const atFault = error instanceof ExpectedError && error.status === EX.DATAERR;
    return atFault ? { kind: 'shunt', reason: errorText(error) } : deferral(spool.clock, entry, error);
  } finally {
    journal.close();
  }
}

/** A verdict that cannot be carried out: a queue that is not there needs a person, a bug may be mended by then. */
function verdictOnFault(clock: Clock, entry: Entry, error: unknown): Verdict {
  if (error instanceof ExpectedError) return { kind: 'shunt', reason: errorText(error) };
  return deferral(clock, entry, error);
}

function deferral(clock: Clock, entry: Entry, error: unknown): Verdict {
  const reason = error instanceof ExpectedError ? errorText(error) : errorStack(error);
  const delay = backoffMs(entry.failures + 1, hashPlace(entry.id) / HASH_SPACE);
  return { kind: 'defer', until: clock.now() + delay, reason, failed: true };
}

function errorStack(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function describe(verdict: Verdict): Record<string, string | number | undefined> {
  switch (verdict.kind) {
    case 'done':
      return {
        outputs: verdict.outputs.map(({ queue }) => queue).join(',') || undefined,
        note: verdict.note,
      };
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

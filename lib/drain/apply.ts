/**
 * Carries a verdict out: the only place where a run changes what lies in the spool.
 *
 * Promises: outputs are accepted before the input is finished, exactly once (spool/outputs.ts tells how).
 * Fails: throws the system's error, or ExpectedError for a verdict that cannot be carried out, with the entry still in
 * active/ (the caller puts it back) or already in done/ (recovery goes on).
 */
import { dirname } from 'node:path';
import { ExpectedError, TemporaryError, unreachable } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { Verdict } from '../runners/runner.ts';
import { ringBell } from '../spool/bell.ts';
import type { Entry, Output, OutputMessage } from '../spool/entry.ts';
import { commit, defer, finish, forgetProgress, hold, leave, type Place, shunt } from '../spool/move.ts';
import { dropOutputs, publishOutputs, type Staged, stageOutputs } from '../spool/outputs.ts';
import type { Spool } from '../spool/spool.ts';
import { LONGEST_WAIT_MS } from '../spool/state.ts';
import type { QueueReport } from './report.ts';
import type { Settling } from './settling.ts';

/** What a verdict is carried out with. */
export type ApplyContext = {
  readonly spool: Spool;
  /** Whether this run drains an entry itself: then it needs no bell. */
  readonly drained: (queue: string, id: string) => boolean;
  /** Failures of one entry before it is shunted. */
  readonly failureLimit: number;
  readonly report: QueueReport;
  /** Takes the syncs that an entry's work need not wait for, but its queue's. */
  readonly settling: Pick<Settling, 'add'>;
};

/** What was done, in a word, for the log; a deferral at the limit becomes `shunt`. */
export type Applied = Verdict['kind'];

/** Carries out the verdict on an active entry. @throws the system's errors, ExpectedError */
export async function applyVerdict(
  context: ApplyContext,
  place: Place,
  entry: Entry,
  verdict: Verdict,
): Promise<Applied> {
  const { spool, report } = context;
  switch (verdict.kind) {
    case 'done': {
      if (verdict.outputs.length === 0) {
        leave(place);
        // What was done outside (mail sent, a command run) must not come back with a power cut; and if it does before
        // the sync, then with its journal. The next entry need not wait for it.
        context.settling.add(dirname(place.path), () => forgetProgress(spool.layout, place));
      } else await hopTo(context, place, entry, verdict.outputs, (input) => commit(spool.layout, input));
      report.done++;
      return 'done';
    }
    case 'hold': {
      await hopTo(context, place, entry, verdict.outputs, (input) =>
        hold(spool.layout, input, verdict.reason),
      );
      report.held++;
      return 'hold';
    }
    case 'defer': {
      if (verdict.failed && entry.failures + 1 >= context.failureLimit) {
        shunt(spool.layout, place, `failed ${entry.failures + 1} times, the last time: ${verdict.reason}`);
        report.shunted++;
        return 'shunt';
      }
      defer(spool.layout, place, dueMicros(verdict.until, spool.clock.now()), verdict.failed);
      report.deferred++;
      return 'defer';
    }
    case 'shunt': {
      shunt(spool.layout, place, verdict.reason);
      report.shunted++;
      return 'shunt';
    }
    default:
      return unreachable(verdict);
  }
}

/** A due time that fits an entry's name, no farther away than the longest wait. @throws ExpectedError */
function dueMicros(until: number, now: number): number {
  const micros = Math.round(until * 1000);
  if (Number.isSafeInteger(micros) && micros >= 0)
    return Math.min(micros, Math.round((now + LONGEST_WAIT_MS) * 1000));
  throw new ExpectedError(
    EX.SOFTWARE,
    `deferred until ${until}, which is no time in milliseconds since the epoch`,
  );
}

/** Stage, commit, publish, finish: see spool/outputs.ts. */
async function hopTo(
  context: ApplyContext,
  place: Place,
  entry: Entry,
  outputs: readonly Output[],
  move: (place: Place) => Place | null,
): Promise<void> {
  const { spool } = context;
  const staged = await stageOutputs(
    spool,
    { queue: place.queue, id: entry.id },
    outputs.map((output) => ({ ...output, message: messageBytes(entry, output.message) })),
  );
  let committed: Place | null = null;
  try {
    committed = move(place);
  } finally {
    // Left there, recovery would take them for the outputs of an input that was committed.
    if (committed === null) dropOutputs(staged);
  }
  if (committed === null) {
    throw new TemporaryError(`entry ${entry.id} of queue ${place.queue} vanished while it was worked on`);
  }
  await spool.syncDirectory(dirname(committed.path));
  await publishOutputs(spool, staged);
  if (committed.state === 'done') finish(spool.layout, committed);
  context.report.outputs += staged.length;
  ringFor(context, staged);
}

function ringFor(context: ApplyContext, staged: readonly Staged[]): void {
  for (const { queue, id } of staged) {
    if (!context.drained(queue, id)) ringBell(context.spool.layout, queue, id);
  }
}

async function* messageBytes(entry: Entry, message: OutputMessage): AsyncGenerator<Uint8Array> {
  if (message.head.length > 0) yield message.head;
  const { tailFrom } = message;
  if (tailFrom === null) return;
  if (!Number.isInteger(tailFrom) || tailFrom < 0 || tailFrom > entry.size) {
    throw new ExpectedError(
      EX.SOFTWARE,
      `an output begins at byte ${tailFrom} of a message of ${entry.size} bytes`,
    );
  }
  for await (const chunk of entry.stream(tailFrom)) {
    if (chunk instanceof Uint8Array) yield chunk;
  }
}

/**
 * Drain, rest, drain again, until told to end.
 *
 * Promises: trouble is logged when it comes, when its reason changes and when it is over, and not in between; no
 * trouble ends the loop. Holds nothing while it rests.
 */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Watcher } from '../watch/watcher.ts';
import { FRESH_PACE, restAfter, type Turn } from './pace.ts';

/** What the loop is made of. */
export type WatchLoop = {
  /** One look at the queues: arms the watcher, then drains. */
  readonly turn: () => Promise<Turn>;
  readonly watcher: Watcher;
  /** The longest rest, milliseconds. */
  readonly sleepMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the loop. */
  readonly signal: AbortSignal;
};

/** The reason without ids, times and other numbers, which differ from try to try. */
function gist(reason: string): string {
  return reason.replace(/[0-9a-f]*\d[\w,-]*/gi, '#');
}

/** Logs trouble by its changes. */
function troubleTeller(log: Log): (turn: Turn) => void {
  let told: string | null = null;
  return ({ end, reason }) => {
    const now = reason === null ? null : `${end} ${gist(reason)}`;
    if (now === told) return;
    told = now;
    if (reason === null) log('notice', 'run-mended');
    else if (end === 'misconfigured') log('error', 'config-wrong', { reason });
    else log('error', 'run-trouble', { reason });
  };
}

/** Runs the loop to its end and returns how many turns there were. @throws what `turn` throws, which is a bug */
export async function watchLoop({ turn, watcher, sleepMs, clock, log, signal }: WatchLoop): Promise<number> {
  const tell = troubleTeller(log);
  let pace = FRESH_PACE;
  let restedMs = 0;
  for (let turns = 1; ; turns++) {
    const began = performance.now();
    const done = await turn();
    const rested = performance.now();
    const { end, worked } = done;
    const after = restAfter(done, pace, { restedMs, sleepMs, now: clock.now() });
    pace = after.pace;
    tell(done);
    const { waitMs, deafMs } = after.rest;
    log('debug', 'watch-turn', { end, worked, ms: Math.round(rested - began), rest: Math.round(waitMs) });
    if (signal.aborted || (await watcher.wait(waitMs, signal, deafMs)) === 'stop') return turns;
    restedMs = performance.now() - rested;
  }
}

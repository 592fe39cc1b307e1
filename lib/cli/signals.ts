/** SIGTERM and SIGINT as an abort; the second one ends the process at once. SIGHUP as a call. */

/**
 * A repeat within this time is the same signal, milliseconds: a terminal and a service manager tell all processes of a run,
 * and the one that started workers tells them too.
 */
const SAME_SIGNAL_MS = 500;

/** How long work may go on after the run was told to end, milliseconds. The manual page says so. */
export const STOP_PATIENCE_MS = 20_000;

/** How long a process may outlive what was put back, milliseconds: a runner that hangs keeps Node from ending. */
const LAST_MS = 2_000;

/** What a process that was told to end has to know. */
export type Stop = {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Aborted when the patience is over. */
  readonly overdue: AbortSignal;
  /** Gives the handlers back. */
  readonly release: () => void;
};

/** Signals that are aborted when the process is told to end, and when it has not done so for `patienceMs`. */
export function untilSignal(
  patienceMs = STOP_PATIENCE_MS,
  names: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT'],
): Stop {
  const told = new AbortController();
  const late = new AbortController();
  const handle = (name: NodeJS.Signals) => {
    if (told.signal.aborted) return;
    setTimeout(giveBack, SAME_SIGNAL_MS).unref();
    timer = setTimeout(() => {
      late.abort(new Error(name));
      // Work that does not end cannot be taken from a runner; its entry was put back, and the process must go.
      setTimeout(() => process.exit(), LAST_MS).unref();
    }, patienceMs);
    told.abort(new Error(name));
  };
  let timer: NodeJS.Timeout | undefined;
  // Without our handlers the default is back: the next signal kills.
  const giveBack = () => {
    for (const name of names) process.removeListener(name, handle);
  };
  for (const name of names) process.on(name, handle);
  return {
    signal: told.signal,
    overdue: late.signal,
    release: () => {
      giveBack();
      clearTimeout(timer);
    },
  };
}

/** Calls `handle` at each SIGHUP. The function it returns gives the handler back. */
export function onHangup(handle: () => void): () => void {
  process.on('SIGHUP', handle);
  return () => {
    process.removeListener('SIGHUP', handle);
  };
}

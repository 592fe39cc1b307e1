/** SIGTERM and SIGINT as an abort; the second one ends the process at once. SIGHUP as a call. */

/** A signal that is aborted when the process is told to end. `release` gives the handlers back. */
export function untilSignal(names: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']): {
  readonly signal: AbortSignal;
  readonly release: () => void;
} {
  const controller = new AbortController();
  const handle = (name: NodeJS.Signals) => {
    release();
    controller.abort(new Error(name));
  };
  // Without our handlers the default is back: the next signal kills.
  const release = () => {
    for (const name of names) process.removeListener(name, handle);
  };
  for (const name of names) process.on(name, handle);
  return { signal: controller.signal, release };
}

/** Calls `handle` at each SIGHUP. The function it returns gives the handler back. */
export function onHangup(handle: () => void): () => void {
  process.on('SIGHUP', handle);
  return () => {
    process.removeListener('SIGHUP', handle);
  };
}

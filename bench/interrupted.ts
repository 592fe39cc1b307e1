/** What a bench leaves behind is cleared away also when somebody interrupts it: processes of other groups, and files in memory. */

const pending = new Set<() => void>();

function clearAway(signal: NodeJS.Signals): void {
  for (const work of [...pending].toReversed()) {
    try {
      work();
    } catch {
      // The others are still to be cleared away.
    }
  }
  process.kill(process.pid, signal);
}

/** Has `work` done when SIGINT or SIGTERM comes, the latest first; it must not wait for anything. The answer takes it back. */
export function whenInterrupted(work: () => void): () => void {
  if (pending.size === 0) {
    // Once: the second signal, our own, has its usual effect.
    process.once('SIGINT', clearAway);
    process.once('SIGTERM', clearAway);
  }
  pending.add(work);
  return () => {
    pending.delete(work);
    if (pending.size > 0) return;
    process.removeListener('SIGINT', clearAway);
    process.removeListener('SIGTERM', clearAway);
  };
}

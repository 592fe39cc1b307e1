/**
 * Which processor a process runs on. A reply that crosses processors costs more than one that does not, and the kernel
 * places a pair of processes as it likes: a single connection may be several times as fast in one run as in the next.
 *
 *     QRUNNER_BENCH_CPUS=free     wherever the kernel wants (default)
 *     QRUNNER_BENCH_CPUS=apart    the mail server on processor 0, whoever sends on the others
 *     QRUNNER_BENCH_CPUS=one      all on processor 0
 */
import { availableParallelism } from 'node:os';

const WISH = process.env.QRUNNER_BENCH_CPUS ?? 'free';
const LAST = availableParallelism() - 1;
const OTHERS = LAST > 1 ? `1-${LAST}` : String(LAST);

const PLACES: Readonly<Record<string, { readonly server: string | null; readonly sender: string | null }>> = {
  free: { server: null, sender: null },
  apart: { server: '0', sender: OTHERS },
  one: { server: '0', sender: '0' },
};

/** The words before a command that put it where it belongs. @throws when the environment wishes what there is not */
export function placed(role: 'server' | 'sender'): string[] {
  const place = PLACES[WISH];
  if (!place) throw new Error(`QRUNNER_BENCH_CPUS=${WISH}: there are ${Object.keys(PLACES).join(', ')}`);
  const cpus = place[role];
  return cpus === null ? [] : ['taskset', '-c', cpus];
}

/** How it was, for the report. */
export function placement(): string {
  const place = PLACES[WISH];
  if (!place || place.server === null) return 'processes not bound to processors, sides in turn';
  return `mail server on processor ${place.server}, senders on ${place.sender}, sides in turn`;
}

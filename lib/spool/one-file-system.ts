/**
 * The whole spool is one file system: an entry moves by rename(2), which does not lead from one to another.
 *
 * Found out before anything is committed: what is staged in a tmp/ that is mounted there would be lost with the mount.
 */
import { statSync } from 'node:fs';
import { TemporaryError } from '../base/errors.ts';
import type { Layout } from './layout.ts';

/** Queues that were looked at, for each spool: once in a process is enough. */
const seen = new WeakMap<Layout, Set<string>>();

/** The error for two places that no rename leads between. */
export function otherFileSystem(from: string, to: string, cause?: unknown): TemporaryError {
  return new TemporaryError(
    `${from} and ${to} are not on one file system (EXDEV): take away the mount or the link that one of them lies behind`,
    { cause },
  );
}

/** Makes sure that what is written to a queue's tmp/ can be renamed into its new/. @throws TemporaryError when it cannot */
export function checkOneFileSystem(layout: Layout, queue: string): void {
  const queues = seen.get(layout) ?? new Set();
  if (queues.has(queue)) return;
  const [from, to] = [layout.directory(queue, 'tmp'), layout.directory(queue, 'new')];
  const devices = [from, to].map((path) => statSync(path, { throwIfNoEntry: false })?.dev);
  // What is missing is told of by whoever needs it.
  if (devices.includes(undefined)) return;
  if (devices[0] !== devices[1]) throw otherFileSystem(from, to);
  seen.set(layout, queues.add(queue));
}

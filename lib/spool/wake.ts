/**
 * Deferred entries made due, when a person does not want to wait.
 *
 * Promises: each is moved whole, deferred → new, and counters stay; the bell that a watching run hears is rung when the
 * moves are on the disk.
 * Fails: throws the system's errors; what was moved by then is new.
 */
import { ringBell } from './bell.ts';
import { recoverToNew } from './move.ts';
import type { Spool } from './spool.ts';
import { eachSeen, placeOfSeen } from './survey.ts';

/** Makes all deferred entries of a queue due; returns how many. @throws the system's errors */
export async function wakeDeferred(spool: Spool, queue: string): Promise<number> {
  const { layout } = spool;
  let woken = 0;
  let last: string | null = null;
  for (const seen of eachSeen(layout, queue, 'deferred')) {
    const place = placeOfSeen(seen);
    const there = place && recoverToNew(layout, { ...place, name: { ...place.name, due: null } });
    if (!there) continue;
    woken++;
    last = there.name.id;
  }
  if (last === null) return 0;
  await spool.syncDirectory(layout.directory(queue, 'new'));
  ringBell(layout, queue, last);
  return woken;
}

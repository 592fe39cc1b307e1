/**
 * The order to decide what a list's bounces lead to: an entry of the queue bounces that came in on no address.
 *
 * Promises: as every entry, it acts once however often it is repeated, and its mails are published once; a second order
 * finds nothing left to do. So whoever gives orders need not know whether he has given one before.
 */
import { Buffer } from 'node:buffer';
import { DAY_MS } from '../list/bounce-score.ts';
import { judgeBounces } from '../list/judge-bounces.ts';
import { bounceNotices, canProbe } from '../post/bounce-notices.ts';
import { noticeOutput } from '../post/notice.ts';
import { EMPTY_META, type Entry, type EntryMeta, type Output, SAME_MESSAGE } from '../spool/entry.ts';
import { once } from '../state/effects.ts';
import type { Verdict } from './runner.ts';
import { listOf, type Services } from './services.ts';

/** Metadata and message of an order for a list. */
export function judgeOrder(list: string): { readonly meta: EntryMeta; readonly message: Buffer } {
  return {
    meta: { ...EMPTY_META, list, sender: '' },
    message: Buffer.from(`Subject: decide what the bounces of ${list} lead to\n\n`),
  };
}

/** Carries an order out. */
export async function judgeList(services: Services, entry: Entry): Promise<Verdict> {
  const list = listOf(services, entry);
  const db = await services.database();
  const rules = {
    bounces: list.bounces,
    // A probe that our own server still tries to deliver has not passed.
    probeLifeMs: Math.max(list.bounces.probeLifeMs, list.retry.giveUpMs + DAY_MS),
    canProbe: canProbe(list),
  };
  const { steps, more } = once(db, entry.id, 'judge', () =>
    judgeBounces(db, list.address, rules, entry.receivedAt),
  );
  const outputs: Output[] = [];
  for (const notice of bounceNotices(list, steps)) outputs.push(await noticeOutput(entry, list, notice));
  if (more) outputs.push({ queue: 'bounces', meta: { ...entry.meta, origin: null }, message: SAME_MESSAGE });
  const note = steps.map(({ kind, address }) => `${kind} ${address}`).join(', ');
  return { kind: 'done', outputs, note: note === '' ? 'nothing to decide' : note };
}

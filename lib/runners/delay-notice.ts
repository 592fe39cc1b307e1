/**
 * The one notice to a list's owners that members wait for a post, when that takes longer than they want (`retry.warn`).
 *
 * Promises: one for each post, whatever becomes of it; none for mail of the system, nor about those who
 * were never tried (a hold, a schedule).
 */
import { headerBytes } from '../mail/header.ts';
import { noticeOutput } from '../post/notice.ts';
import { delayedWords } from '../post/texts.ts';
import type { Attempt, Entry, Output } from '../spool/entry.ts';
import { headerOf } from './header-of.ts';
import { retryRules } from './retry-rules.ts';
import type { Services } from './services.ts';

/** The notice at `now` about those who wait by these attempts, or `null` when none is due. */
export async function delayNotice(
  services: Services,
  entry: Entry,
  attempts: ReadonlyMap<string, Attempt>,
  now: number,
): Promise<Output | null> {
  const { meta } = entry;
  const { warnMs, giveUpMs } = retryRules(services, meta.list);
  const list = meta.list === null ? undefined : services.configuration.lists.get(meta.list);
  if (warnMs === null || meta.warned || !list || meta.sender === '' || meta.role !== 'posting') return null;
  const late = [...attempts].filter(
    ([, { firstFailedAt }]) => firstFailedAt !== null && now - firstFailedAt >= warnMs,
  );
  const [first] = late;
  if (!first) return null;
  const { header } = await headerOf(entry);
  const addresses = late.map(([address]) => address);
  const words = delayedWords(list, addresses, { reply: first[1].reply, warnMs, giveUpMs });
  return noticeOutput(entry, list, {
    tag: 'delayed',
    to: list.owners,
    ...words,
    attachHead: headerBytes(header),
  });
}

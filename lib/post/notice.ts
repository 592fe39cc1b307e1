/**
 * Mail the server itself writes. It goes through the queue virgin with the null reverse-path, so that no bounce of
 * it comes back (RFC 3834 section 3.3, RFC 5321 section 4.5.5); but for probes, which are sent for their bounces.
 *
 * Promises: the same arguments give the same bytes, so that a repeat after a crash changes nothing.
 */
import type { ListSettings } from '../config/site.ts';
import { composeNotice } from '../mail/compose.ts';
import { listAddress } from '../mail/list-address.ts';
import { EMPTY_META, type Entry, type Output } from '../spool/entry.ts';

/** What a notice says. */
export type Notice = {
  /** Tells apart the notices one entry gives rise to: part of the Message-ID. */
  readonly tag: string;
  /** RFC 5321 forward-paths. The field To names the one, or the owners' address for several. */
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** Where it comes from and a reply goes to; the list's owners when left out. */
  readonly from?: string;
  /** RFC 5321 reverse-path; the null one when left out. */
  readonly sender?: string;
  /** Message-ID of what it answers. */
  readonly inReplyTo?: string | null;
  /** Header section of the message it is about, put at its end. */
  readonly attachHead?: Buffer;
};

/** The notice as a new entry for the queue virgin. */
export async function noticeOutput(entry: Entry, list: ListSettings, notice: Notice): Promise<Output> {
  const message = await composeNotice({
    from: { name: list.description, address: notice.from ?? listAddress(list, 'owner') },
    to: (notice.to.length === 1 ? notice.to[0] : undefined) ?? listAddress(list, 'owner'),
    subject: notice.subject,
    text: `${notice.text.trimEnd()}\n`,
    messageId: `<${entry.id}.${notice.tag}@${list.domain}>`,
    date: new Date(entry.receivedAt),
    fields: [['X-BeenThere', listAddress(list, 'owner')]],
    ...(notice.inReplyTo ? { inReplyTo: notice.inReplyTo } : {}),
    ...(notice.attachHead ? { attachHead: notice.attachHead } : {}),
  });
  return {
    queue: 'virgin',
    meta: { ...EMPTY_META, list: list.address, sender: notice.sender ?? '', recipients: notice.to },
    message: { head: message, tailFrom: null },
  };
}

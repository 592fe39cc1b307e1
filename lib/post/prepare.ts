/**
 * What a list adds to a post, and to mail for its owners. Only header fields change; the body and all other fields
 * stay as the author sent them, byte for byte.
 */
import type { ListSettings } from '../config/site.ts';
import { formatMailbox } from '../mail/address.ts';
import {
  appendFields,
  exchangeHead,
  getField,
  type Header,
  hasField,
  removeFields,
  replaceField,
  stripEnvelopeLines,
} from '../mail/header.ts';
import { listAddress } from '../mail/list-address.ts';
import { LIST_FIELDS, listFields, prefixSubject } from '../mail/list-headers.ts';
import { mailDate } from '../mail/mail-date.ts';

/** The new head of a message and where the rest of it begins. */
export type PreparedMessage = { readonly head: Buffer; readonly tailFrom: number };

/** What is known of the message beside its bytes. */
export type Arrival = {
  /** Id of its entry, for a Message-ID when it has none. */
  readonly id: string;
  /** Milliseconds since the epoch, for a Date when it has none. */
  readonly receivedAt: number;
  /** RFC 5321 reverse-path, for a From when it has none. */
  readonly sender: string | null;
};

/** Fields RFC 5322 wants and an author's program left out; without them archives and news servers refuse it. */
function completed(header: Header, list: ListSettings, arrival: Arrival): Header {
  const missing: [string, string][] = [];
  if (!hasField(header, 'From')) {
    missing.push(['From', arrival.sender !== null && arrival.sender !== '' ? arrival.sender : list.address]);
  }
  if (!hasField(header, 'Date')) missing.push(['Date', mailDate(new Date(arrival.receivedAt))]);
  if (!hasField(header, 'Message-ID')) missing.push(['Message-ID', `<${arrival.id}@${list.domain}>`]);
  return appendFields(header, missing);
}

/** A post as members get it. `beginning` is the message or its first bytes, the header section among them. */
export async function preparePost(
  list: ListSettings,
  beginning: Buffer,
  header: Header,
  arrival: Arrival,
): Promise<PreparedMessage> {
  let fields = removeFields(stripEnvelopeLines(header), [...LIST_FIELDS, 'Precedence']);
  const subject = await prefixSubject(getField(fields, 'Subject'), list.subjectPrefix);
  if (subject !== null && subject !== getField(fields, 'Subject'))
    fields = replaceField(fields, 'Subject', subject);
  if (list.replyTo === 'list')
    fields = replaceField(fields, 'Reply-To', formatMailbox(list.description, list.address));
  fields = completed(fields, list, arrival);
  fields = appendFields(fields, [
    ['X-BeenThere', list.address],
    ['Precedence', 'list'],
    ...listFields(list, { subscribing: list.subscribe !== 'closed' }),
  ]);
  return exchangeHead(beginning, fields);
}

/** Mail to `-owner` (or to `-bounces`, when it is no bounce) as the owners get it. */
export function prepareForOwners(
  list: ListSettings,
  beginning: Buffer,
  header: Header,
  arrival: Arrival,
): PreparedMessage {
  const fields = completed(stripEnvelopeLines(header), list, arrival);
  return exchangeHead(beginning, appendFields(fields, [['X-BeenThere', listAddress(list, 'owner')]]));
}

/**
 * Complaints: somebody pressed the button for spam at a provider that tells senders so.
 * RFC 5965 (ARF), and the messages of Microsoft's JMRP, which have no report but a field in what came back. Pure.
 */
import { addressKey, mailboxes } from '../mail/address.ts';
import { getField, getFields, type Header } from '../mail/header.ts';
import { memberOfVerp } from '../mail/verp.ts';
import type { BounceMessage } from './bounce-message.ts';
import { addressesIn, readAddress } from './listed-recipients.ts';
import type { BounceReading } from './reading.ts';

/** Addresses that a provider wrote over. */
const REDACTED = /^(?:redacted|\[?hidden|x{3,}|\*+|user-?id)/i;

/** The member whom a reverse-path of ours names: `list-bounces+ann=example.org@lists.org`. */
function memberOfPath(path: string | null): string | null {
  const [, extension] = /\+([^@<>\s]{1,200})@/.exec(path ?? '') ?? [];
  return extension === undefined ? null : memberOfVerp(extension);
}

/** To of the message that came back, without the list's own address. */
function addressees(returned: Header): string[] {
  const own = ['X-BeenThere', 'List-Post', 'List-Id', 'From', 'Reply-To', 'Sender'].flatMap((name) =>
    getFields(returned, name).flatMap((value) => addressesIn(value.slice(0, 1000)).map(addressKey)),
  );
  return getFields(returned, 'To')
    .flatMap((value) => mailboxes(value.slice(0, 1000)))
    .map(({ address }) => readAddress(address))
    .filter((address) => address !== null)
    .filter((address) => !own.includes(addressKey(address)));
}

/** The addresses in the fields of that name. */
function told(header: Header | null, name: string): string[] {
  return (header === null ? [] : getFields(header, name))
    .flatMap((value) => addressesIn(value.slice(0, 1000)))
    .filter((address) => !REDACTED.test(address));
}

function complainers({ feedback, returned, member }: BounceMessage): string[] {
  const original = told(feedback, 'Original-Rcpt-To');
  if (original.length > 0) return original;
  const verp =
    member ??
    memberOfPath(feedback && getField(feedback, 'Original-Mail-From')) ??
    memberOfPath(returned && getField(returned, 'Return-Path'));
  if (verp !== null) return [verp];
  const removal = [...told(feedback, 'Removal-Recipient'), ...told(returned, 'X-HmXmrOriginalRecipient')];
  if (removal.length > 0) return removal;
  return returned === null ? [] : addressees(returned).filter((address) => !REDACTED.test(address));
}

const unique = (addresses: readonly string[]): string[] => [
  ...new Map(addresses.map((address) => [addressKey(address), address])).values(),
];

/**
 * The complaint in a message, or `null`. `not-spam` takes a complaint back and is a receipt; `auth-failure` (RFC
 * 6591) and `dmarc` are about the site and not about a member: nobody's business here, so unrecognised.
 */
export function readComplaint(message: BounceMessage): BounceReading | null {
  const { feedback, returned, from } = message;
  if (feedback !== null) {
    const [type = 'other'] = /^[a-z-]+/i.exec(getField(feedback, 'Feedback-Type') ?? '') ?? [];
    const feedbackType = type.toLowerCase();
    if (feedbackType === 'not-spam') return { kind: 'receipt', detector: 'arf' };
    if (feedbackType === 'auth-failure' || feedbackType === 'dmarc') return { kind: 'unrecognised' };
    return { kind: 'complaint', detector: 'arf', addresses: unique(complainers(message)), feedbackType };
  }
  const jmrp =
    /^staff@(?:hotmail|live|outlook)\.com$/.test(from) && /^complaint about/i.test(message.subject);
  if (!jmrp || returned === null) return null;
  return {
    kind: 'complaint',
    detector: 'jmrp',
    addresses: unique(complainers(message)),
    feedbackType: 'abuse',
  };
}

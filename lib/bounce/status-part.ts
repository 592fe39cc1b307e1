/**
 * Status parts of delivery reports: RFC 3464, and RFC 6533 with addresses in UTF-8.
 *
 * Liberal in what is taken, since reports come from every mail server there ever was. Never fails: what makes
 * no sense is left out. A report says what its sender claims; whether the address is a member's is for others
 * to see.
 */
import { parseAddress } from '../mail/address.ts';
import { getField, type Header, hasField, parseHeader } from '../mail/header.ts';

/** What became of the mail for a recipient. `other`: a word that is in no standard. */
export type ReportAction = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded' | 'other';

/** What a report says of one recipient. */
export type ReportRecipient = {
  /** The address as we sent to it, where the report tells that; `null` when it tells none. */
  readonly address: string | null;
  readonly action: ReportAction;
  /** `5.1.1` (RFC 3463), or `null` when there is none. */
  readonly status: string | null;
  /** The reply of the server that said no, without its type, or `null`. */
  readonly diagnostic: string | null;
};

/** `rfc822; ann@example.org` and its kin to the address; `null` when there is none in it. */
function readRecipient(value: string | null): string | null {
  if (value === null) return null;
  const bare = value
    .replace(/^[a-z0-9-]+\s*;/i, '')
    .trim()
    .replace(/^<(.*)>$/, '$1')
    // RFC 6533 section 3: the ASCII form of a UTF-8 address.
    .replace(/\\x\{([0-9a-f]{2,6})\}/gi, (whole, hex: string) => {
      const code = Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    })
    // RFC 3461 section 4: what servers leave of xtext. `+` and `=` must be escaped in it; an `@` need not be.
    .replace(/\+(2B|3D)/g, (_, hex: string) => (hex === '2B' ? '+' : '='))
    // A comment behind it (RFC 822), and brackets around it within other words.
    .replace(/\s+\([^()]*\)$/, '');
  return parseAddress(bare.includes('@') ? bare : bare.replace('+40', '@'));
}

/** OpenSMTPD says `error` for `failed`. A report without an action is told by its status. */
function readAction(word: string, status: string | null): ReportAction {
  if (/^(fail|error)/i.test(word)) return 'failed';
  if (/^delay/i.test(word)) return 'delayed';
  if (/^deliver/i.test(word)) return 'delivered';
  if (/^relay/i.test(word)) return 'relayed';
  if (/^expand/i.test(word)) return 'expanded';
  if (word !== '') return 'other';
  switch (status?.charAt(0) ?? '') {
    case '5':
      return 'failed';
    case '4':
      return 'delayed';
    case '2':
      return 'delivered';
    default:
      return 'other';
  }
}

/** Fields of which a group about a recipient has one at least. */
const RECIPIENT_FIELDS = ['Original-Recipient', 'Final-Recipient', 'Action'];

/** One group of fields: about the message (then `null`) or about a recipient. */
function readGroup(group: Header): ReportRecipient | null {
  if (!RECIPIENT_FIELDS.some((name) => hasField(group, name))) return null;
  const address =
    readRecipient(getField(group, 'Original-Recipient')) ?? readRecipient(getField(group, 'Final-Recipient'));
  const status = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(getField(group, 'Status') ?? '')?.[0] ?? null;
  const diagnostic = (getField(group, 'Diagnostic-Code') ?? '')
    .replace(/^[a-z0-9-]+\s*;/i, '')
    .replace(/\s+/g, ' ')
    .trim();
  return {
    address,
    action: readAction(getField(group, 'Action') ?? '', status),
    status,
    diagnostic: diagnostic === '' ? null : diagnostic,
  };
}

/** The recipients of a status part: groups of fields, separated by empty lines (RFC 3464 section 2.1). */
export function readStatusPart(content: Buffer): ReportRecipient[] {
  return content
    .toString('latin1')
    .split(/\r?\n(?:[ \t]*\r?\n)+/)
    .map((group) => readGroup(parseHeader(Buffer.from(group.replace(/^\s+/, ''), 'latin1'))))
    .filter((recipient) => recipient !== null);
}

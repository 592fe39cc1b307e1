/**
 * Reading delivery reports: RFC 3464, and RFC 6533 with addresses in UTF-8.
 *
 * Liberal in what is taken, since reports come from every mail server there ever was. Never fails: what makes
 * no sense is left out. A report says what its sender claims; whether the address is a member's is for others
 * to see.
 */
import { parseAddress } from './address.ts';
import { getField, type Header, parseHeader } from './header.ts';
import { parseMime } from './parse-mime.ts';

/** What became of the mail for a recipient. `other`: a word that is in no standard. */
export type ReportAction = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded' | 'other';

/** What a report says of one recipient. */
export type ReportRecipient = {
  /** The address as we sent to it, where the report tells that. */
  readonly address: string;
  readonly action: ReportAction;
  /** `5.1.1` (RFC 3463), or `null` when there is none. */
  readonly status: string | null;
  /** The reply of the server that said no, without its type, or `null`. */
  readonly diagnostic: string | null;
};

/** A delivery report: at least one status part was found. */
export type DeliveryReport = { readonly recipients: readonly ReportRecipient[] };

const STATUS_TYPES = ['message/delivery-status', 'message/global-delivery-status'];

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
    .replace(/\+(2B|3D)/g, (_, hex: string) => (hex === '2B' ? '+' : '='));
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

/** One group of fields: about the message (then `null`) or about a recipient. */
function readGroup(group: Header): ReportRecipient | null {
  const address =
    readRecipient(getField(group, 'Original-Recipient')) ?? readRecipient(getField(group, 'Final-Recipient'));
  if (address === null) return null;
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
function readStatusPart(content: Buffer): ReportRecipient[] {
  return content
    .toString('latin1')
    .split(/\r?\n(?:[ \t]*\r?\n)+/)
    .map((group) => readGroup(parseHeader(Buffer.from(group.replace(/^\s+/, ''), 'latin1'))))
    .filter((recipient) => recipient !== null);
}

/**
 * What a delivery report says, or `null` when the message is none (it has no delivery-status part).
 * The type of the message itself does not matter, and a report inside an attached message is not this one.
 */
export async function readReport(message: Buffer): Promise<DeliveryReport | null> {
  const parts = (await parseMime(message))?.attachments ?? [];
  const statuses = parts.filter((part) => STATUS_TYPES.includes(part.mimeType));
  if (statuses.length === 0) return null;
  return {
    recipients: statuses.flatMap(({ content }) =>
      readStatusPart(
        typeof content === 'string' ? Buffer.from(content) : Buffer.from(new Uint8Array(content)),
      ),
    ),
  };
}

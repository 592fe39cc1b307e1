/**
 * Writing a delivery report of our own: for mail that our server took and could not bring to somebody.
 * RFC 3464 in a multipart/report (RFC 6522). Pure: the same arguments give the same bytes, ASCII in lines of
 * CR LF.
 */
import { formatMailbox, type Mailbox } from './address.ts';
import { appendFields, EMPTY_HEADER, type Header, headerBytes } from './header.ts';
import { mailDate } from './mail-date.ts';
import { fitBoundary, mimePart, multipartBody } from './mime-part.ts';

/** A recipient that is given up. */
export type FailedRecipient = {
  readonly address: string;
  readonly action: 'failed';
  /** `5.1.1` (RFC 3463), or `null` when the server gave none. */
  readonly status: string | null;
  /** The server's reply, or what else went wrong. */
  readonly diagnostic: string | null;
};

/** What is needed for a report. */
export type ReportOptions = {
  /** Name of the host that reports. */
  readonly reportingMta: string;
  readonly from: Mailbox;
  /** The reverse-path of the mail that failed. */
  readonly to: string;
  /** Header section of the mail that failed. */
  readonly originalHead: Buffer;
  readonly recipients: readonly FailedRecipient[];
  /** With its angle brackets. */
  readonly messageId: string;
  readonly date: Date;
  /** Changed where it would not do as a boundary. */
  readonly boundary: string;
};

/** Text for a field: ASCII and on one line. */
const ascii = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e]/gu, '?')
    .trim();

/** RFC 6533 section 3: a UTF-8 address in ASCII, for a message/delivery-status part. */
function typedAddress(address: string): string {
  if (/^[\x21-\x7e]*$/.test(address)) return `rfc822; ${address}`;
  const escaped = address.replace(
    /[^\x21-\x7e]|\\/gu,
    (char) => `\\x{${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0')}}`,
  );
  return `utf-8; ${escaped}`;
}

function recipientGroup({ address, action, status, diagnostic }: FailedRecipient): Header {
  const fields: [string, string][] = [
    ['Final-Recipient', typedAddress(address)],
    ['Action', action],
    ['Status', status !== null && /^[245]\.\d{1,3}\.\d{1,3}$/.test(status) ? status : '5.0.0'],
  ];
  if (diagnostic !== null && ascii(diagnostic) !== '')
    fields.push(['Diagnostic-Code', `smtp; ${ascii(diagnostic)}`]);
  return appendFields(EMPTY_HEADER, fields);
}

function explanation({ recipients }: ReportOptions): string {
  const lines = recipients.map(
    ({ address, diagnostic }) =>
      `  ${address}\r\n${diagnostic === null ? '' : `    ${diagnostic.replace(/\s+/g, ' ')}\r\n`}`,
  );
  return `Your message could not be delivered to:\r\n\r\n${lines.join('')}\r\nIt will not be tried again.\r\n`;
}

/**
 * The report, a whole message. lib/bounce reads it back; a recipient without a usable status gets `5.0.0`.
 * @throws {Error} when `from` or `to` is not an address, or the message id holds a line end
 */
export function writeReport(options: ReportOptions): Buffer {
  const { reportingMta, from, to, originalHead, recipients, messageId, date } = options;
  const perMessage = appendFields(EMPTY_HEADER, [['Reporting-MTA', `dns; ${ascii(reportingMta)}`]]);
  const status = [perMessage, ...recipients.map(recipientGroup)].map((group) =>
    headerBytes(group).toString('latin1'),
  );
  const parts = [
    mimePart('text/plain; charset=utf-8', Buffer.from(explanation(options))),
    mimePart('message/delivery-status', Buffer.from(status.join('\r\n'), 'latin1')),
    mimePart('text/rfc822-headers', originalHead),
  ];
  const boundary = fitBoundary(options.boundary, parts);
  const header = appendFields(EMPTY_HEADER, [
    ['From', formatMailbox(from.name, from.address)],
    ['To', formatMailbox('', to)],
    ['Subject', 'Undelivered mail'],
    ['Message-ID', messageId],
    ['Date', mailDate(date)],
    ['Auto-Submitted', 'auto-replied'],
    ['MIME-Version', '1.0'],
    ['Content-Type', `multipart/report; report-type=delivery-status; boundary="${boundary}"`],
  ]);
  return Buffer.concat([headerBytes(header), Buffer.from('\r\n'), multipartBody(boundary, parts)]);
}

/**
 * A message to -bounces, taken apart once for all detectors.
 *
 * Promises: it looks at the first megabyte only, and at 20 000 lines of it, since many servers send back all of what
 * they refused.
 * Never fails: a message beyond the parser's limits has a header and no text.
 */
import type { Attachment, Email } from 'postal-mime';
import { mailboxes } from '../mail/address.ts';
import { decodeWords } from '../mail/encoded-word.ts';
import { envelopeSender, getField, type Header, parseHeader } from '../mail/header.ts';
import { parseMime } from '../mail/parse-mime.ts';
import { htmlText } from './html-text.ts';
import { noticeLines, TEXT_LIMIT } from './notice-lines.ts';
import { type ReportRecipient, readStatusPart } from './status-part.ts';

/** Bytes of a message that are looked at. */
export const MESSAGE_LIMIT = 1024 * 1024;

/** Lines of a message that are looked at: to the parser a line is work, however short. */
const LINES_LIMIT = 20_000;

/** What the envelope tells. */
export type BounceContext = {
  /** The reverse-path: `''` null, `null` unknown. */
  readonly sender: string | null;
  /** The member whom the address names that it came to (VERP), or `null`. */
  readonly member: string | null;
};

/** A message to -bounces. */
export type BounceMessage = {
  readonly header: Header;
  /** The reverse-path, from the message when the envelope is unknown: `''` null, `null` unknown. */
  readonly sender: string | null;
  readonly member: string | null;
  /** Decoded, on one line. */
  readonly subject: string;
  /** The address in From in lower case, or `''`. */
  readonly from: string;
  /** The name in From, decoded, or `''`. */
  readonly fromName: string;
  /** Content-Type of the whole, in lower case, with its parameters. */
  readonly contentType: string;
  /** The text in lines, without the message that came back ({@link noticeLines}). */
  readonly lines: readonly string[];
  /** What status parts say (RFC 3464). */
  readonly reported: readonly ReportRecipient[];
  /** Fields of the message/feedback-report (RFC 5965), or `null`. */
  readonly feedback: Header | null;
  /** Whether there is a message/disposition-notification (RFC 8098). */
  readonly disposition: boolean;
  /** Header section of the message that came back, or `null`. */
  readonly returned: Header | null;
};

const STATUS_TYPES = ['message/delivery-status', 'message/global-delivery-status'];
const DISPOSITION_TYPES = ['message/disposition-notification', 'message/global-disposition-notification'];
const RETURNED_TYPES = [
  'message/rfc822',
  'message/global',
  'text/rfc822-headers',
  'message/rfc822-headers',
  'message/global-headers',
];

function bytesOf({ content }: Attachment): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.from(new Uint8Array(content));
  return bytes.subarray(0, TEXT_LIMIT);
}

function textOf(email: Email | null): string {
  const text = email?.text ?? '';
  return text.trim() === '' ? htmlText((email?.html ?? '').slice(0, 4 * TEXT_LIMIT)) : text;
}

/** Groups of a report that stand in the text: its MIME structure was lost on the way. */
function reportedInText(text: string): ReportRecipient[] {
  const fields = text.slice(0, TEXT_LIMIT);
  const at = fields.search(/^(?:Reporting-MTA|Original-Recipient|Final-Recipient):/im);
  return at < 0 ? [] : readStatusPart(Buffer.from(fields.slice(at)));
}

/** The beginning of a message, within the limits. */
function beginningOf(bytes: Buffer): Buffer {
  const beginning = bytes.subarray(0, MESSAGE_LIMIT);
  let end = 0;
  for (let lines = 0; lines < LINES_LIMIT; lines++) {
    const at = beginning.indexOf('\n', end);
    if (at < 0) return beginning;
    end = at + 1;
  }
  return beginning.subarray(0, end);
}

/** Takes a message apart; `bytes` may be any. */
export async function openBounceMessage(bytes: Buffer, context: BounceContext): Promise<BounceMessage> {
  const message = beginningOf(bytes);
  const header = parseHeader(message);
  const email = await parseMime(message);
  const parts = email?.attachments ?? [];
  const ofType = (types: readonly string[]) => parts.filter((part) => types.includes(part.mimeType));
  const [from] = mailboxes((getField(header, 'From') ?? '').slice(0, 1000));
  const text = textOf(email);
  const contentType = (getField(header, 'Content-Type') ?? '').toLowerCase();
  const reported = ofType(STATUS_TYPES).flatMap((part) => readStatusPart(bytesOf(part)));
  const [feedback] = ofType(['message/feedback-report']);
  const [returned] = ofType(RETURNED_TYPES);
  return {
    header,
    sender: context.sender ?? envelopeSender(header),
    member: context.member,
    subject: (await decodeWords((getField(header, 'Subject') ?? '').slice(0, 1000))).replace(/\s+/g, ' '),
    from: from?.address.toLowerCase() ?? '',
    fromName: await decodeWords(from?.name ?? ''),
    contentType,
    lines: noticeLines(text),
    reported:
      reported.length === 0 && contentType.startsWith('multipart/report') ? reportedInText(text) : reported,
    feedback: feedback === undefined ? null : parseHeader(bytesOf(feedback)),
    disposition: ofType(DISPOSITION_TYPES).length > 0,
    returned: returned === undefined ? null : parseHeader(bytesOf(returned)),
  };
}

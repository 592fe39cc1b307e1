/**
 * Mail of the system itself: notices, answers, questions.
 *
 * Promises: plain text in UTF-8, lines of CR LF, marked as automatic (RFC 3834); the same arguments give the
 * same bytes, so that a run repeated after a crash makes no second message; nothing in names, subject or text
 * can add a field.
 * Fails: throws for an address that is none, and for a further field that is none.
 */
import { createHash } from 'node:crypto';
import { formatMailbox, type Mailbox } from './address.ts';
import { encodeUnstructured } from './encoded-word.ts';
import { appendFields, EMPTY_HEADER, headerBytes } from './header.ts';
import { mailDate } from './mail-date.ts';
import { fitBoundary, isSevenBit, mimePart, multipartBody, toCrLf } from './mime-part.ts';

/** A notice. */
export type Notice = {
  readonly from: Mailbox;
  /** Whom it is for: one bare address. */
  readonly to: string;
  readonly subject: string;
  /** Lines with any line ends. */
  readonly text: string;
  /** With its angle brackets. */
  readonly messageId: string;
  readonly date: Date;
  /** Message-ID of what this answers: it is then marked `auto-replied`. */
  readonly inReplyTo?: string | null;
  /** More fields, text beyond ASCII already encoded. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
  /** Header section of the message it is about, attached as text/rfc822-headers. */
  readonly attachHead?: Buffer;
};

/** The text as a part: 7bit when it can be, else quoted-printable, which people can read in a pinch. */
async function textPart(text: string): Promise<Buffer> {
  const type = 'text/plain; charset=utf-8';
  const lines = toCrLf(Buffer.from(text, 'utf8'));
  if (isSevenBit(lines)) return mimePart(type, lines);
  const { encode, wrap } = await import('nodemailer/lib/qp');
  const fields = `Content-Type: ${type}\r\nContent-Transfer-Encoding: quoted-printable\r\n`;
  return Buffer.from(`${fields}\r\n${wrap(encode(lines))}`, 'latin1');
}

/** Only message ids go into In-Reply-To and References: it is a stranger's field. */
const messageIds = (value: string): string =>
  (value.match(/<[\x21-\x3b\x3d\x3f-\x7e]+>/g) ?? []).slice(0, 1).join(' ');

/**
 * The notice, a whole message.
 * @throws {Error} when an address is none, or one of `fields` or `messageId` is not a field's (line ends,
 * NUL)
 */
export async function composeNotice(notice: Notice): Promise<Buffer> {
  const { from, to, subject, text, messageId, date, inReplyTo = null, fields = [], attachHead } = notice;
  const answered = messageIds(inReplyTo ?? '');
  let header = appendFields(EMPTY_HEADER, [
    ['From', formatMailbox(from.name, from.address)],
    ['To', formatMailbox('', to)],
    ['Subject', encodeUnstructured(subject)],
    ['Message-ID', messageId],
    ['Date', mailDate(date)],
  ]);
  if (answered !== '')
    header = appendFields(header, [
      ['In-Reply-To', answered],
      ['References', answered],
    ]);
  header = appendFields(header, [
    ['Auto-Submitted', inReplyTo === null ? 'auto-generated' : 'auto-replied'],
    ...fields,
    ['MIME-Version', '1.0'],
  ]);
  const body = await textPart(text);
  if (attachHead === undefined) return Buffer.concat([headerBytes(header), body]);
  const parts = [body, mimePart('text/rfc822-headers', attachHead)];
  const hash = createHash('sha256').update(messageId).update(body).digest('hex');
  const boundary = fitBoundary(`=_${hash.slice(0, 32)}`, parts);
  header = appendFields(header, [['Content-Type', `multipart/mixed; boundary="${boundary}"`]]);
  return Buffer.concat([headerBytes(header), Buffer.from('\r\n'), multipartBody(boundary, parts)]);
}

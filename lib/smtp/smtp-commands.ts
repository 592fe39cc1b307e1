/**
 * The commands of a transaction, with the parameters that the server's extensions give them.
 *
 *     SIZE      RFC 1870   bytes of the message
 *     8BITMIME  RFC 6152   always said where it is offered: a message is sent as it is
 *     SMTPUTF8  RFC 6531   when an address is beyond ASCII
 *     DSN       RFC 3461   RET, ENVID, NOTIFY, ORCPT, where the site wants them
 */
import type { SmtpExtensions } from './smtp-extensions.ts';

const NOT_ASCII = /[^\0-\u007f]/;

/** True for an address that needs SMTPUTF8. */
export function isBeyondAscii(address: string): boolean {
  return NOT_ASCII.test(address);
}

/** A text as an xtext of RFC 3461 section 4. */
function xtext(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(/[^!-*,-<>-~]/g, (char) => `+${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** What is said about a transaction beside its addresses. */
export type MailTerms = {
  /** Bytes of the message. */
  readonly size: number;
  /** Identity of the message. */
  readonly id: string;
  /** Whether the site wants the server to be told what notifications to make. */
  readonly dsn: boolean;
};

/** MAIL, a RCPT for each recipient, DATA; without their ends. */
export function transactionCommands(
  offered: SmtpExtensions,
  sender: string,
  recipients: readonly string[],
  { size, id, dsn }: MailTerms,
): string[] {
  const notify = dsn && offered.has('DSN');
  let mail = `MAIL FROM:<${sender}>`;
  if (offered.has('SIZE')) mail += ` SIZE=${size}`;
  if (offered.has('8BITMIME')) mail += ' BODY=8BITMIME';
  if (isBeyondAscii(sender) || recipients.some(isBeyondAscii)) mail += ' SMTPUTF8';
  if (notify) mail += ` RET=HDRS ENVID=${xtext(id)}`;
  // From nobody: there is nobody to have a notification.
  const wanted = sender === '' ? 'NEVER' : 'FAILURE';
  const rcpt = recipients.map((recipient) => {
    const line = `RCPT TO:<${recipient}>`;
    if (!notify) return line;
    // An original recipient beyond ASCII would be of another type (RFC 6533).
    const original = isBeyondAscii(recipient) ? '' : ` ORCPT=rfc822;${xtext(recipient)}`;
    return `${line} NOTIFY=${wanted}${original}`;
  });
  return [mail, ...rcpt, 'DATA'];
}

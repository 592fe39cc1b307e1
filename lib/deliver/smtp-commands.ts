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
export function xtext(text: string): string {
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
  /** Whether an address is beyond ASCII. */
  readonly utf8: boolean;
  /** Whether the site wants delivery status notifications to be told how. */
  readonly dsn: boolean;
};

/** MAIL, without its end. */
export function mailCommand(offered: SmtpExtensions, sender: string, terms: MailTerms): string {
  let line = `MAIL FROM:<${sender}>`;
  if (offered.has('SIZE')) line += ` SIZE=${terms.size}`;
  if (offered.has('8BITMIME')) line += ' BODY=8BITMIME';
  if (terms.utf8) line += ' SMTPUTF8';
  if (terms.dsn && offered.has('DSN')) line += ` RET=HDRS ENVID=${xtext(terms.id)}`;
  return line;
}

/** RCPT, without its end. A message from nobody asks for no notification: there is nobody to have it. */
export function rcptCommand(
  offered: SmtpExtensions,
  sender: string,
  recipient: string,
  dsn: boolean,
): string {
  const line = `RCPT TO:<${recipient}>`;
  if (!dsn || !offered.has('DSN')) return line;
  // An original recipient beyond ASCII would be of another type (RFC 6533), and needs a server that knows it.
  const original = isBeyondAscii(recipient) ? '' : ` ORCPT=rfc822;${xtext(recipient)}`;
  return `${line} NOTIFY=${sender === '' ? 'NEVER' : 'FAILURE'}${original}`;
}

/**
 * Mail addresses: which ones we take, how they are compared, how they stand in a field.
 *
 * Promises: an address that was accepted is safe in an SMTP command, in a header field and as a line of a
 * file:
 * no blanks, no control characters, no angle brackets, one domain, lower case and in A-labels.
 * Fails by a value: `null`, or the problem in words a person can act on.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import addressparser from 'nodemailer/lib/addressparser';
import { encodePhrase } from './encoded-word.ts';

/**
 * Octets of a local part and of a whole address (RFC 5321 section 4.5.3.1, with erratum 1690 to RFC 3696).
 */
const LOCAL_LIMIT = 64;
const ADDRESS_LIMIT = 254;

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10ffff}-]+";
const DOT_ATOM = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, 'u');
const QUOTED = /^"(?:[^"\\]|\\.)*"$/su;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

type Examined = { readonly address: string } | { readonly problem: string };

/**
 * The domain in lower case and A-labels, or `null`: a host name, or an address literal (RFC 5321 section
 * 4.1.3).
 */
function examineDomain(text: string): string | null {
  const literal = /^\[(IPv6:)?([^\]]*)\]$/i.exec(text);
  if (literal) {
    const [, six, ip = ''] = literal;
    return (six === undefined ? isIPv4(ip) : isIPv6(ip)) ? text.toLowerCase() : null;
  }
  const domain = /^\p{ASCII}*$/u.test(text) ? text.toLowerCase() : domainToASCII(text);
  const labels = domain.split('.');
  return labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '') ? domain : null;
}

function examine(text: string): Examined {
  const quoted = JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
  if (text === '') return { problem: 'an address is empty' };
  if (text.length > 4 * ADDRESS_LIMIT) return { problem: `${quoted} is longer than ${ADDRESS_LIMIT} bytes` };
  if (/[\p{Z}\p{Cc}\p{Cf}\p{Cs}]/u.test(text)) {
    return { problem: `${quoted} contains a blank or an invisible character` };
  }
  if (/[<>]/.test(text)) return { problem: `${quoted} contains < or >: give the bare address, local@domain` };
  const at = text.lastIndexOf('@');
  if (at < 0) return { problem: `${quoted} has no @: an address is local@domain` };
  const local = text.slice(0, at);
  if (local === '') return { problem: `${quoted} has nothing before the @` };
  if (!DOT_ATOM.test(local) && !QUOTED.test(local)) {
    return { problem: `the part of ${quoted} before the @ needs quotes, or its dots are in the wrong place` };
  }
  if (Buffer.byteLength(local) > LOCAL_LIMIT) {
    return { problem: `the part of ${quoted} before the @ is longer than ${LOCAL_LIMIT} bytes` };
  }
  const domain = examineDomain(text.slice(at + 1));
  if (domain === null) return { problem: `what follows the @ in ${quoted} is not the name of a domain` };
  const address = `${local}@${domain}`;
  return Buffer.byteLength(address) > ADDRESS_LIMIT
    ? { problem: `${quoted} is longer than ${ADDRESS_LIMIT} bytes` }
    : { address };
}

/**
 * The address in the form we keep: local part as written, domain in lower case and A-labels; `null` when
 * `text` is none. Quoted (RFC 5321) and UTF-8 local parts (RFC 6531) are taken.
 */
export function parseAddress(text: string): string | null {
  const result = examine(text);
  return 'address' in result ? result.address : null;
}

/** Why `text` is not an address, a sentence for a person; `null` when it is one. */
export function addressProblem(text: string): string | null {
  const result = examine(text);
  return 'problem' in result ? result.problem : null;
}

/**
 * The form addresses are compared in: all lower case, though RFC 5321 would allow local parts that differ in
 * case.
 */
export function addressKey(address: string): string {
  return address.normalize('NFC').toLowerCase();
}

/** A name (as in the field: perhaps encoded-words, perhaps `''`) with its address. */
export type Mailbox = { readonly name: string; readonly address: string };

/** The mailboxes of an address field (RFC 5322 section 3.4), groups flattened. Addresses are not checked. */
export function mailboxes(fieldValue: string): Mailbox[] {
  return addressparser(fieldValue, { flatten: true })
    .filter(({ address }) => address !== '')
    .map(({ name, address }) => ({ name, address }));
}

/**
 * `Name <address>` with the name quoted or encoded as it must be; the bare address when the name is empty.
 * @throws {Error} when `address` is not one
 */
export function formatMailbox(name: string, address: string): string {
  const checked = parseAddress(address);
  if (checked === null) throw new Error(`cannot write a mailbox: ${addressProblem(address)}`);
  const phrase = encodePhrase(name);
  return phrase === '' ? checked : `${phrase} <${checked}>`;
}

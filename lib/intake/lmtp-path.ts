/**
 * The arguments of MAIL and RCPT (RFC 5321 section 4.1.2, RFC 6531 for UTF-8): a path and parameters. Pure.
 * Fails by a value: the reply that says what is wrong.
 */
import { type Reply, reply } from './lmtp-reply.ts';

/** A path and the parameters behind it. */
export type PathArgument = {
  /** `local@domain`, the local part without quotes; `''` for `<>`. */
  readonly address: string;
  /** By keyword in upper case; `null` for a parameter without a value. */
  readonly parameters: ReadonlyMap<string, string | null>;
};

/** `@relay,@relay:` before an address: must be understood, and is ignored (RFC 5321 appendix C). */
const ROUTE = /^@[^:,@\s]+(?:,@[^:,@\s]+)*:/;

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10ffff}-]+";
const DOT_STRING = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, 'u');
const QUOTED_STRING = /^"((?:[^"\\\p{Cc}]|\\[\x20-\x7e])*)"$/u;
const DOMAIN = /^(?:[A-Za-z0-9_\u0080-\u{10ffff}.-]+|\[[A-Za-z0-9:.]+\])$/u;

/** Octets of a path without its brackets. RFC 5321 asks for 254; reverse-paths that name a member may be longer. */
const PATH_LIMIT = 900;

/** `<…>` and what follows; brackets in quotes are none. */
const BRACKETS = /^ *<((?:"(?:[^"\\]|\\.)*"|[^<>"])*)>(.*)$/su;

const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^=\s\p{Cc}]+))?$/u;

/** Reads what stands behind `MAIL` or `RCPT`. A reply says what is wrong. */
export function parsePathArgument(keyword: 'FROM' | 'TO', argument: string): PathArgument | Reply {
  const wanted = keyword === 'FROM' ? 'MAIL FROM:<address>' : 'RCPT TO:<address>';
  const status = keyword === 'FROM' ? '5.1.7' : '5.1.3';
  const head = new RegExp(`^${keyword}:`, 'i').exec(argument);
  if (!head) return reply(501, '5.5.4', `syntax error, wanted ${wanted}`);
  const [, path, tail = ''] = BRACKETS.exec(argument.slice(head[0].length)) ?? [];
  if (path === undefined) return reply(501, '5.5.4', `syntax error, wanted ${wanted} with its brackets`);
  if (tail !== '' && !tail.startsWith(' ')) return reply(501, '5.5.4', 'syntax error behind the address');
  const address = readMailbox(path.replace(ROUTE, ''), keyword === 'FROM');
  if (address === null) return reply(501, status, `not an address: <${path}>`);
  const parameters = new Map<string, string | null>();
  for (const word of tail.split(' ').filter((part) => part !== '')) {
    const [, name = '', value = null] = PARAMETER.exec(word) ?? [];
    if (name === '') return reply(501, '5.5.4', `not a parameter: ${word}`);
    if (parameters.has(name.toUpperCase())) return reply(501, '5.5.4', `${name} is given twice`);
    parameters.set(name.toUpperCase(), value);
  }
  return { address, parameters };
}

function readMailbox(path: string, mayBeEmpty: boolean): string | null {
  if (path === '') return mayBeEmpty ? '' : null;
  if (Buffer.byteLength(path) > PATH_LIMIT) return null;
  const at = path.lastIndexOf('@');
  // Postmaster needs no domain (RFC 5321 section 4.1.1.3); whether there is one is for the caller to say.
  if (at < 0) return /^postmaster$/i.test(path) ? path : null;
  const local = path.slice(0, at);
  const domain = path.slice(at + 1);
  if (!DOMAIN.test(domain)) return null;
  if (DOT_STRING.test(local)) return path;
  const quoted = QUOTED_STRING.exec(local)?.[1];
  if (quoted === undefined) return null;
  // "ann" and ann are the same mailbox (RFC 5321 section 4.1.2); others keep their quotes.
  const plain = quoted.replace(/\\(.)/gs, '$1');
  return DOT_STRING.test(plain) ? `${plain}@${domain}` : path;
}

/**
 * Domains and addresses as the configuration may name them: narrower than mail allows (no quoted local
 * part, no address literal), since what stands here ends up in headers and in envelopes. Pure.
 */
import { domainToASCII } from 'node:url';

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const DOMAIN = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
/** RFC 5321, Dot-string. */
const DOT_STRING = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

/** The domain in lower case, IDN in its ASCII form; `null` when it is none (RFC 1035, 2.3.4: 253 characters). */
export function parseDomain(text: string): string | null {
  // Only for what needs it: domainToASCII would also take "1.2" for an IPv4 address.
  const domain = /^\p{ASCII}*$/u.test(text) ? text.toLowerCase() : domainToASCII(text);
  return domain.length <= 253 && DOMAIN.test(domain) && !/^[\d.]+$/.test(domain) ? domain : null;
}

/** The address with its domain normalised and its local part untouched; `null` when it is none. */
export function parseAddress(text: string): string | null {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(at, 0));
  const domain = parseDomain(text.slice(at + 1));
  return domain !== null && local.length <= 64 && DOT_STRING.test(local) ? `${local}@${domain}` : null;
}

/** True for a host that mail reaches without leaving this computer. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}

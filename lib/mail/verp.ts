/**
 * Variable envelope return paths: each recipient gets a reverse-path that names him, so that any bounce, in
 * any format, tells whose it is. `list-bounces@lists.org` and `ann@example.org` make
 * `list-bounces+ann=example.org@lists.org`. Pure; gives `null` for what cannot be carried.
 */
import { parseAddress } from './address.ts';

/** Octets of a local part (RFC 5321 section 4.5.3.1.1). */
const LOCAL_LIMIT = 64;

/**
 * The reverse-path for one member, `bounces` being the list's -bounces address. `null` when it would be too
 * long, or when the member's address cannot be carried (a quoted or UTF-8 local part, an address literal).
 */
export function verpAddress(bounces: string, member: string): string | null {
  const at = bounces.lastIndexOf('@');
  const [, local, domain] = /^([\x21-\x7e]+)@([a-z0-9_.-]+)$/i.exec(member) ?? [];
  if (at < 1 || local === undefined || domain === undefined || local.includes('"')) return null;
  const carrier = `${bounces.slice(0, at)}+${local}=${domain}`;
  return carrier.length > LOCAL_LIMIT ? null : parseAddress(`${carrier}${bounces.slice(at)}`);
}

/** The reverse-path with another extension than an address, or `null` when it would be too long. */
export function extendedAddress(bounces: string, extension: string): string | null {
  const at = bounces.lastIndexOf('@');
  const carrier = `${bounces.slice(0, at)}+${extension}`;
  return at < 1 || carrier.length > LOCAL_LIMIT ? null : parseAddress(`${carrier}${bounces.slice(at)}`);
}

/**
 * The member an extension names (`ann=example.org`; the last `=` separates), or `null` when it names none.
 */
export function memberOfVerp(extension: string): string | null {
  const at = extension.lastIndexOf('=');
  return at < 0 ? null : parseAddress(`${extension.slice(0, at)}@${extension.slice(at + 1)}`);
}

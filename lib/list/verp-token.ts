/**
 * The short form of a member's own reverse-path, for addresses that do not fit into 64 octets behind the list's:
 * `list-bounces+v-TOKEN@lists.example`. The token is a keyed hash of the member's address, so nobody else can make one.
 * Fails: finding a member may throw TemporaryError, ExpectedError.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { base32 } from '../base/base32.ts';
import { addressKey } from '../mail/address.ts';
import type { Database } from '../state/database.ts';
import { textOf } from '../state/row.ts';

/** Bytes of the hash that are kept: 80 bits, sixteen characters. */
const TOKEN_BYTES = 10;

const EXTENSION = /^v-([a-z2-7]{16})$/;

/** The extension that stands for a member of a list. */
export function verpExtension(secret: Buffer, list: string, member: string): string {
  const hash = createHmac('sha256', secret)
    .update(`${list}\0${addressKey(member)}`)
    .digest();
  return `v-${base32(hash.subarray(0, TOKEN_BYTES))}`;
}

/** The member an extension stands for, as he is on the list; `null` when it is none of ours. */
export function memberOfExtension(
  db: Database,
  secret: Buffer,
  list: string,
  extension: string,
): string | null {
  const wanted = extension.toLowerCase();
  if (!EXTENSION.test(wanted)) return null;
  for (const row of db.all('SELECT address FROM member WHERE list = ?', list)) {
    const address = textOf(row, 'address');
    const found = verpExtension(secret, list, address);
    if (timingSafeEqual(Buffer.from(found), Buffer.from(wanted))) return address;
  }
  return null;
}

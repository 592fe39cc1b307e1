/** Who wrote a message: what a post is screened by and an answer is sent to. */
import { mailboxes, parseAddress } from '../mail/address.ts';
import { decodeWords } from '../mail/encoded-word.ts';
import { getField, type Header } from '../mail/header.ts';

/** An author; `name` is `''` when he gave none. */
export type Author = { readonly address: string; readonly name: string };

/** Characters of a name that are kept: it comes from strangers. */
const NAME_LENGTH = 100;

/**
 * The first address of From that is one; else the reverse-path (`''` null, `null` unknown); `null` when there is
 * neither. The name is decoded, on one line and without control characters.
 */
export async function authorOf(header: Header, sender: string | null): Promise<Author | null> {
  for (const { address, name } of mailboxes(getField(header, 'From') ?? '')) {
    const known = parseAddress(address);
    if (known !== null) return { address: known, name: await plainName(name) };
  }
  const known = parseAddress(sender ?? '');
  return known === null ? null : { address: known, name: '' };
}

async function plainName(name: string): Promise<string> {
  const text = (await decodeWords(name)).replace(/[\p{Cc}\p{Cf}\p{Z}]+/gu, ' ');
  return text.trim().slice(0, NAME_LENGTH);
}

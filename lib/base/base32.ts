/** RFC 4648 base32 in lower case without padding: what survives a mail program that changes the case of an address. */

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** The text of whole groups of five bytes: eight characters each. What does not fill a group is left out. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return text;
}

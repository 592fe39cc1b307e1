/**
 * RFC 2047: text beyond ASCII in header fields. Reading is postal-mime's work, loaded when there is something
 * to read.
 * Never fails: what cannot be decoded stays as it is, what cannot be encoded becomes U+FFFD.
 */

/** Longest encoded-word (RFC 2047 section 2) without its `=?utf-8?Q?` and `?=`. */
const WORD_LIMIT = 75 - 12;

/**
 * `value` with its encoded-words decoded. The result is for reading: it may hold any character, also line
 * ends.
 */
export async function decodeWords(value: string): Promise<string> {
  if (!value.includes('=?')) return value;
  const { decodeWords } = await import('postal-mime');
  return decodeWords(value);
}

/** The letters of the Q encoding that are safe in a phrase too (RFC 2047 section 5, rule 3). */
function encodeQ(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const char = String.fromCharCode(byte);
    if (/[A-Za-z0-9!*+/-]/.test(char)) out += char;
    else if (char === ' ') out += '_';
    else out += `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

const encodeB = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/**
 * `text` as encoded-words with blanks between: Q where most of it stays readable, else B. No character is
 * torn in two.
 */
export function encodeWords(text: string): string {
  const useQ = (text.match(/\P{ASCII}/gu) ?? []).length * 2 < text.length;
  const [letter, encode] = useQ ? ['Q', encodeQ] : ['B', encodeB];
  const chunks: string[] = [];
  let chunk = '';
  for (const char of text) {
    if (encode(chunk + char).length > WORD_LIMIT) {
      chunks.push(chunk);
      chunk = '';
    }
    chunk += char;
  }
  if (chunk !== '') chunks.push(chunk);
  return chunks.map((chunk) => `=?utf-8?${letter}?${encode(chunk)}?=`).join(' ');
}

/** Runs of control characters have no place in a field: a blank instead. */
const withoutControls = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');

/**
 * `text` for an unstructured field: ASCII unchanged (encoded-words in it too), otherwise encoded from the
 * first to the last word that needs it. Control characters become blanks, so the result is always one line.
 */
export function encodeUnstructured(text: string): string {
  const clean = withoutControls(text);
  const first = clean.search(/\P{ASCII}/u);
  if (first < 0) return clean;
  let last = clean.length - 1;
  while (clean.charCodeAt(last) < 0x80) last--;
  const start = clean.lastIndexOf(' ', first) + 1;
  const blank = clean.indexOf(' ', last);
  const end = blank < 0 ? clean.length : blank;
  return clean.slice(0, start) + encodeWords(clean.slice(start, end)) + clean.slice(end);
}

/**
 * `text` as the phrase before an address (RFC 5322 section 3.2.5): words, a quoted-string, or encoded-words.
 */
export function encodePhrase(text: string): string {
  const clean = withoutControls(text).trim();
  if (clean.includes('=?') || /[^\x20-\x7e]/.test(clean)) return encodeWords(clean);
  if (/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/.test(clean)) return clean;
  return clean === '' ? '' : `"${clean.replace(/["\\]/g, '\\$&')}"`;
}

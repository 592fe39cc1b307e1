/**
 * Writing one header field: checked, and folded where that is possible.
 *
 * Promises: what is written is one field and nothing else, whatever the value holds; unfolding gives the
 * value back.
 * Fails by a value (the problem in words); who has not asked for it before gets an exception from header.ts.
 */
import type { Eol } from './head.ts';

/** Preferred longest line, bytes without its end (RFC 5322 section 2.1.1). */
const LINE_LIMIT = 78;

/** Why name and value cannot be a header field, in words, or `null` when they can. */
export function fieldProblem(name: string, value: string): string | null {
  if (!/^[!-9;-~]+$/.test(name)) return `${JSON.stringify(name)} is not the name of a header field`;
  if (/[\r\n\0]/.test(value)) {
    return `the value of ${name} contains a line end or a NUL byte: ${JSON.stringify(value.slice(0, 80))}`;
  }
  return null;
}

/** `text` without blanks, tabs and line ends at either side. Not `trim()`: that would cut the byte A0 too. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && ' \t\r\n'.includes(text.charAt(start))) start++;
  while (end > start && ' \t\r\n'.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/**
 * Where to end the line that begins at `from`: before the last blank within the limit, else before the next
 * one, or -1.
 * Only blanks behind a word of the line count, the search for it begins at `search`: no line is all blanks.
 */
function breakAt(text: string, from: number, search: number): number {
  let last = -1;
  let inWord = false;
  for (let at = search; at < text.length; at++) {
    if (last >= 0 && at - from > LINE_LIMIT) break;
    const blank = text[at] === ' ' || text[at] === '\t';
    if (blank && inWord) last = at;
    inWord = !blank;
  }
  return last;
}

/**
 * `name: value` with its line ends, as a latin1 string of the bytes; characters beyond ASCII become UTF-8
 * (RFC 6532).
 * Lines are broken before blanks that are in the value anyway, so none has more than 78 bytes unless a word
 * is longer.
 */
export function foldField(name: string, value: string, eol: Eol): string {
  const text = `${name}: ${Buffer.from(trimBlanks(value), 'utf8').toString('latin1')}`;
  let folded = '';
  let from = 0;
  let search = name.length + 2;
  while (text.length - from > LINE_LIMIT) {
    const at = breakAt(text, from, search);
    if (at < 0) break;
    folded += text.slice(from, at) + eol;
    from = at;
    search = at;
  }
  return folded + text.slice(from) + eol;
}

/**
 * Where the header section of a message ends. Looks at bytes only and changes none.
 *
 * Never fails: any bytes are a message, also without a header section, without an end of line, with NULs.
 * The rule is the one mail servers apply: a line that is neither a field nor a continuation belongs to the
 * body, with or without an empty line before it. Otherwise a field of ours could end up in the text.
 */

/** How a message ends its lines. */
export type Eol = '\n' | '\r\n';

/** The parts of a message, as offsets in bytes. */
export type HeadSplit = {
  /**
   * Bytes of the header section, with the end of its last line but without the empty line; 0 when there is
   * none.
   */
  readonly headLength: number;
  /** First byte of the body: behind the empty line if there is one. */
  readonly bodyStart: number;
  /** How the first line ends; `\n` when no line ends at all. */
  readonly eol: Eol;
};

const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const BLANK = 0x20;
const COLON = 0x3a;

/**
 * RFC 5322 section 2.2: printable ASCII, then a colon; blanks before the colon are obsolete, but seen
 * (section 4.5).
 */
function startsField(bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte <= BLANK || byte >= 0x7f || byte === COLON) break;
  }
  if (at === start) return false;
  while (at < end && (bytes[at] === BLANK || bytes[at] === TAB)) at++;
  return at < end && bytes[at] === COLON;
}

/** The line an mbox file or a local delivery agent puts before the fields, also in its quoted form. */
function startsMboxLine(bytes: Buffer, start: number): boolean {
  return /^>?From /.test(bytes.toString('latin1', start, Math.min(start + 6, bytes.length)));
}

/** Offset behind the line that begins at `start`. */
function lineEnd(bytes: Buffer, start: number): number {
  const at = bytes.indexOf(LF, start);
  return at < 0 ? bytes.length : at + 1;
}

function isEmptyLine(bytes: Buffer, start: number, end: number): boolean {
  return bytes[start] === LF || (bytes[start] === CR && end === start + 2 && bytes[start + 1] === LF);
}

/** Finds the header section of `bytes`, a whole message or its beginning (RFC 5322 section 2.1). */
export function splitHead(bytes: Buffer): HeadSplit {
  const first = bytes.indexOf(LF);
  const eol: Eol = first > 0 && bytes[first - 1] === CR ? '\r\n' : '\n';
  let start = 0;
  let inFields = false;
  while (start < bytes.length) {
    const end = lineEnd(bytes, start);
    if (isEmptyLine(bytes, start, end)) return { headLength: start, bodyStart: end, eol };
    const continues: boolean = inFields && (bytes[start] === BLANK || bytes[start] === TAB);
    const field: boolean = !continues && startsField(bytes, start, end);
    if (!continues && !field && (inFields || !startsMboxLine(bytes, start))) break;
    inFields ||= field;
    start = end;
  }
  return { headLength: start, bodyStart: start, eol };
}

/** False only for input without anything printable: not even a message without header fields. */
export function looksLikeMessage(bytes: Buffer): boolean {
  return bytes.some((byte) => byte > BLANK && byte !== 0x7f);
}

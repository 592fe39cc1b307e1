/**
 * SMTP replies out of what comes from a server (RFC 5321 section 4.2).
 *
 * Promises: takes the bytes in any pieces, several replies in one and one in several; lines may end with LF alone.
 * A reply of several lines is one string, CRLF between its lines.
 * Fails: with words, for what is no reply and for one without an end; where the next would begin is not known then.
 */

/** Reads the replies of one connection. */
export type ReplyReader = {
  /** Calls `hear` for each reply that is complete with `chunk`. Answers what is wrong with the bytes, or `null`. */
  readonly read: (chunk: Buffer, hear: (reply: string) => void) => string | null;
  /** True between the first byte of a reply and its end. */
  readonly midway: () => boolean;
  /** Forgets what has come and was not read. */
  readonly discard: () => void;
};

/** Largest reply that is read, bytes: a list of extensions is far below it. */
const MAX_REPLY = 64 * 1024;

const LF = 10;
const MORE = '-';

/** A reader at the beginning of a connection. */
export function replyReader(maxBytes = MAX_REPLY): ReplyReader {
  /** A line that has not ended. */
  let rest: Buffer | null = null;
  /** The lines before it of the same reply. */
  let lines: string[] = [];
  /** Bytes of those, about. */
  let taken = 0;

  const tooLong = `the reply is longer than ${maxBytes} bytes`;

  const read: ReplyReader['read'] = (chunk, hear) => {
    const bytes: Buffer = rest === null ? chunk : Buffer.concat([rest, chunk]);
    const last = bytes.lastIndexOf(LF);
    rest = last === bytes.length - 1 ? null : bytes.subarray(last + 1);
    if (last >= 0) {
      const text = bytes.toString('utf8', 0, last);
      for (let start = 0; start <= text.length; ) {
        const found = text.indexOf('\n', start);
        const end = found < 0 ? text.length : found;
        const line = text.slice(start, text.charCodeAt(end - 1) === 13 && end > start ? end - 1 : end);
        start = end + 1;
        const fault = lineFault(line, lines[0]);
        if (fault !== null) return fault;
        if (line[3] === MORE) {
          lines.push(line);
          taken += line.length;
          if (taken > maxBytes) return tooLong;
        } else if (lines.length === 0) hear(line);
        else {
          const reply = [...lines, line].join('\r\n');
          lines = [];
          taken = 0;
          hear(reply);
        }
      }
    }
    return rest !== null && rest.length + taken > maxBytes ? tooLong : null;
  };

  const discard = (): void => {
    rest = null;
    lines = [];
    taken = 0;
  };
  return { read, midway: () => rest !== null || lines.length > 0, discard };
}

/** Longest piece of nonsense that is quoted, characters. */
const MAX_QUOTED = 80;

/** What is wrong with a line of a reply that began with `first`, or `null`. */
function lineFault(line: string, first: string | undefined): string | null {
  if (!/^[2-5]\d\d(?:[ -]|$)/.test(line)) return `this is no SMTP reply: ${quoted(line)}`;
  if (first !== undefined && !line.startsWith(first.slice(0, 3))) {
    return `the lines of one reply have different codes: ${quoted(first)} and ${quoted(line)}`;
  }
  return null;
}

function quoted(line: string): string {
  return JSON.stringify(line.length > MAX_QUOTED ? `${line.slice(0, MAX_QUOTED)}…` : line);
}

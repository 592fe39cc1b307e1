/**
 * A conversation as it is shown to people.
 *
 *     < 220 mx.example.net ESMTP
 *     > EHLO lists.example.org
 *     < 250 mx.example.net
 *     > MAIL FROM:<friends-bounces@lists.example.org>
 *     < 250 2.1.0 Ok
 *     > RCPT TO:<ada@example.net>
 *     < 550 5.1.1 no such user
 *     - the connection was closed
 *
 * Promises: at most 8 KB, of a longer one the beginning and the end; no control character but the line ends.
 */

/** The longest conversation that is shown, bytes. */
const MAX_CONVERSATION = 8 * 1024;

/** What is kept of the beginning of a longer one, bytes. */
const BEGINNING = 2 * 1024;

/** Lines, as `> ` and `< ` and `- ` (what happened) begin them; a reply of several lines may be one of them. */
export function conversationText(lines: readonly string[]): string {
  const text = lines.flatMap(shownLines).join('\n');
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_CONVERSATION) return text;
  const gap = '\n- …\n';
  const end = MAX_CONVERSATION - BEGINNING - Buffer.byteLength(gap);
  const cut = (start: number, stop: number): string =>
    bytes.toString('utf8', start, stop).replaceAll('\ufffd', '');
  return `${cut(0, BEGINNING)}${gap}${cut(bytes.length - end, bytes.length)}`;
}

function shownLines(line: string): string[] {
  const mark = line.slice(0, 2);
  return line
    .slice(2)
    .split('\r\n')
    .map((part) => mark + part.replace(/\p{Cc}/gu, ' '));
}

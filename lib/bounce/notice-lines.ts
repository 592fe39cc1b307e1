/**
 * The lines of a notice that a mail server wrote, without the message that it gives back below them. Pure.
 *
 * Limits: what is behind them is not looked at, so that no expression here meets a long text of a stranger.
 */

/** Characters of text that are looked at. */
export const TEXT_LIMIT = 64 * 1024;

/** Characters of a line that are looked at. */
const LINE_LIMIT = 1000;

/** Lines that are looked at: each detector goes over all of them. */
const LINES_LIMIT = 2000;

/** Lines that say: from here on it is the message that came back. */
const RETURNED = [
  // qmail and its kin
  /^--- (?:Below this line is|Enclosed (?:is|are)|Undelivered message follows)/i,
  // Exim, sendmail, Exchange, Gmail and whoever learned from them
  /^[ \t]*-{2,}\s*(?:This is a copy of|(?:Un(?:sent|delivered|deliverable) |Original |Returned )?message(?: header| text)?s? (?:follow|below)|The header of the original|Original message|Returned message|Message header|Header of original|Ursprüngliche Nachricht|Message d'origine|Mensaje original|Oorspronkelijk bericht|元のメッセージ)/i,
  /^[ \t]*(?:The )?(?:headers? of the |your )?(?:original|returned|undelivered) (?:message|mail)(?: headers?)?(?: follows| is (?:attached|included)(?: below)?)?[:.]*$/i,
  /^Original message headers:$/i,
  /^(?:Der Originaltext|Die Kopfzeilen|Nachrichtenkopf).{0,80}:$/i,
];

/** Two of these in a row are a header section, whatever stands above it. */
const TRACE_FIELD =
  /^(?:Received|Return-Path|DKIM-Signature|Message-ID|MIME-Version|List-[A-Za-z]+|X-BeenThere):/i;

/** `text` as lines without their ends: within the limits, and up to the message that came back. */
export function noticeLines(text: string): string[] {
  const lines = text
    .slice(0, TEXT_LIMIT)
    .split(/\r\n|\r|\n/, LINES_LIMIT)
    .map((line) => line.slice(0, LINE_LIMIT).trimEnd());
  const end = lines.findIndex(
    (line, index) =>
      RETURNED.some((mark) => mark.test(line)) ||
      (TRACE_FIELD.test(line) && lines.slice(index + 1, index + 4).some((next) => TRACE_FIELD.test(next))),
  );
  return end < 0 ? lines : lines.slice(0, end);
}

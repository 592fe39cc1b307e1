/** The words mail programs put before the subject of an answer or a forwarded message, in many languages. */

/** `Re`, `AW`, `Fwd`…, perhaps counted (`Re[2]`, `Re(2)`, `Re^2`), with the colon (also a full-width one). */
const WORDS = 're|aw|antw|antwort|sv|vs|rif|ref|res|odp|ynt|yan|atb|fwd?|wg|tr|vl|doorst|enc|rv|i|r';
const REPLY_WORD = new RegExp(`^(?:${WORDS})(?:\\[\\d+\\]|\\(\\d+\\)|\\^\\d+)?\\s*[:：]\\s*`, 'i');

/** `text` without the reply and forwarding words at its beginning, however many. */
export function stripReplyWords(text: string): string {
  let rest = text.trimStart();
  for (let match = REPLY_WORD.exec(rest); match; match = REPLY_WORD.exec(rest))
    rest = rest.slice(match[0].length);
  return rest;
}

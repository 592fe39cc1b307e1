/** Codes in the words of a mail server: the enhanced status (RFC 3463) and the reply code (RFC 5321). Pure. */

/**
 * The first enhanced status of a failure in `text`, or `null`. Addresses and versions of four numbers are none;
 * the subject goes to 7 only (RFC 3463 section 4), so that most version numbers are none either.
 */
export function statusIn(text: string): string | null {
  return /(?<![\w.])[45]\.[0-7]\.\d{1,3}(?![\w]|\.\d)/.exec(text)?.[0] ?? null;
}

/** The first reply code of a failure in `text`, 400 to 559, or `null`. */
export function replyCodeIn(text: string): number | null {
  const code = /(?<![\w.:-])[45][0-5]\d(?=[ :;,#)'"-]|$)/.exec(text)?.[0];
  return code === undefined ? null : Number(code);
}

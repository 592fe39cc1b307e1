/**
 * The lines of a message that may be commands: its subject, then what its author typed.
 * Never fails: a message nobody can read has no lines.
 */
import { parseMime } from './parse-mime.ts';
import { stripReplyWords } from './reply-words.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  nbsp: ' ',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  amp: '&',
};

/**
 * Characters of HTML that are looked at: a command stands at the beginning, and hostile HTML is slow to
 * search.
 */
const HTML_LIMIT = 32_768;

/** HTML to lines, enough for a command that somebody's mail program sent as HTML only. */
function textOfHtml(html: string): string {
  return html
    .slice(0, HTML_LIMIT)
    .replace(/<(style|script|head|title)\b[\s\S]*?<\/\1\s*>/gi, '')
    .replace(/\s+/g, ' ')
    .replace(/<(?:br|\/p|\/div|\/li|\/tr|\/h[1-6])\b[^<>]*>/gi, '\n')
    .replace(/<blockquote\b[^<>]*>/gi, '\n> ')
    .replace(/<[^<>]*>/g, '')
    .replace(/&(nbsp|lt|gt|quot|apos|amp);/gi, (_, name: string) => ENTITIES[name.toLowerCase()] ?? '');
}

/** The lines before the signature (`-- `, RFC 3676 section 4.3) that are no quotations. */
function ownLines(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  const signature = lines.findIndex((line) => /^--[ \u00a0]?$/.test(line));
  return lines.slice(0, signature < 0 ? lines.length : signature).filter((line) => !/^\s*>/.test(line));
}

/**
 * At most `limit` lines, trimmed, none of them blank: the decoded subject without `Re:` and the like, then
 * the text (of the HTML when there is no other) without quoted lines and signature. Attached messages are not
 * looked into.
 */
export async function commandLines(message: Buffer, limit: number): Promise<string[]> {
  const email = await parseMime(message);
  if (email === null) return [];
  const subject = stripReplyWords((email.subject ?? '').replace(/\s+/g, ' '));
  const body = ownLines(email.text ?? textOfHtml(email.html ?? ''));
  return [subject, ...body]
    .map((line) => line.replace(/[\p{Cc}\u00a0]+/gu, ' ').trim())
    .filter((line) => line !== '')
    .slice(0, limit);
}

/**
 * What an SMTP reply means for the recipients it is about. Pure: the table of this room.
 *
 *     reply                      at          kind        scope
 *     2xx                        any         delivered   recipient   (at MAIL and RCPT: go on)
 *     421, 503, no SMTP at all   any         temporary   connection
 *     530 534 535 538            any         temporary   connection  (our login or TLS, not a member's fault)
 *     4xx                        RCPT        temporary   recipient
 *     552                        RCPT        temporary   recipient   (RFC 5321 4.5.3.1.10: read as 452)
 *     5xx                        RCPT        permanent   recipient
 *     4xx                        MAIL DATA   temporary   message
 *     5xx                        MAIL DATA   permanent   message
 *     4xx, 5xx                   LMTP        temporary, permanent: recipient, except that x.6.x, x.7.x
 *                                            and x.3.4 (content, policy, size) are about the message
 */
import type { Judgement } from './transport.ts';

/** What a reply answered: a command, the whole message (`data`), or the message for one recipient (`lmtp`). */
export type ReplyStage = 'mail' | 'rcpt' | 'data' | 'lmtp';

/** Longest reply that is kept, characters. */
const MAX_WORDS = 600;

/** A reply on one line: of `250-a` and `250 b` becomes `250 a b`. Control characters become blanks. */
export function oneLineReply(reply: string): string {
  const [first = '', ...more] = reply.split(/\r?\n/);
  const code = first.slice(0, 3);
  const rest = more.map((line) => (line.startsWith(code) ? line.slice(4) : line));
  const text = [first.replace(/^(\d{3})-/, '$1 '), ...rest].join(' ');
  return text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MAX_WORDS);
}

/** The RFC 3463 code of a reply (RFC 2034: right after the reply code), or `null`. */
export function enhancedStatus(reply: string): string | null {
  return /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})(?!\S)/.exec(reply)?.[1] ?? null;
}

/** True for a reply that lets a transaction go on. */
export function isPositive(reply: string): boolean {
  return reply.startsWith('2');
}

/** What `reply`, given at `stage`, says about a recipient. */
export function judgeReply(reply: string, stage: ReplyStage): Judgement {
  const code = Number(/^[245]\d\d(?![^ \-\r\n])/.exec(reply)?.[0] ?? 0);
  const status = enhancedStatus(reply);
  const words = oneLineReply(reply);
  const judged = (kind: Judgement['kind'], scope: Judgement['scope']): Judgement => ({
    kind,
    scope,
    status,
    reply: words,
  });
  switch (code) {
    case 0:
      return judged('temporary', 'connection');
    case 421:
    case 503:
    case 530:
    case 534:
    case 535:
    case 538:
      return judged('temporary', 'connection');
    default:
      if (code < 300) return judged('delivered', 'recipient');
      if (code === 552 && stage === 'rcpt') return judged('temporary', 'recipient');
      return judged(code < 500 ? 'temporary' : 'permanent', scopeAt(stage, status));
  }
}

function scopeAt(stage: ReplyStage, status: string | null): 'recipient' | 'message' {
  if (stage === 'rcpt') return 'recipient';
  if (stage !== 'lmtp') return 'message';
  return status !== null && /^[45]\.(?:[67]\.|3\.4$)/.test(status) ? 'message' : 'recipient';
}

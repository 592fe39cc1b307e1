/**
 * What a server answered, found elsewhere in a notice: in the transcript of a session or below "diagnostic
 * information", when nothing with a code stands beside the recipient. Pure.
 */
import { type FoundRecipient, tidyDiagnostic } from './listed-recipients.ts';
import { replyCodeIn, statusIn } from './reply-code.ts';

const hasCode = (text: string): boolean => statusIn(text) !== null || replyCodeIn(text) !== null;

/** Lines that speak of the server that reports and not of the one that refused. */
const NO_REPLY = /^[ \t]*(?:>>>|Received:|Date:|-->|\w+ queue id)/i;

function replyFor(lines: readonly string[], { address }: FoundRecipient, only: boolean): string | null {
  const replies = lines.filter((line) => !NO_REPLY.test(line) && hasCode(line));
  const local = address?.slice(0, address.lastIndexOf('@') + 1).toLowerCase();
  const named = local === undefined ? [] : replies.filter((line) => line.toLowerCase().includes(local));
  const reply = named[0] ?? (only ? replies[0] : undefined);
  return reply === undefined ? null : tidyDiagnostic(reply.replace(/^[ \t]*(?:<<<|<--|#+)[ \t]*/, ''));
}

/**
 * The recipients with a reply from `lines` where their own words have no code: the first that names the recipient,
 * or the first of all when there is only one recipient.
 */
export function withReplies(
  found: readonly FoundRecipient[],
  lines: readonly string[],
): readonly FoundRecipient[] {
  return found.map((recipient) => {
    const { status, diagnostic } = recipient;
    if ((diagnostic !== null && hasCode(diagnostic)) || (status !== null && diagnostic !== null))
      return recipient;
    const reply = replyFor(lines, recipient, found.length === 1);
    if (reply === null || (diagnostic ?? '').includes(reply)) return recipient;
    return { ...recipient, diagnostic: tidyDiagnostic(`${diagnostic ?? ''} ${reply}`) };
  });
}

/**
 * What was said in a transaction, and what follows from it for each recipient. Pure.
 *
 * Promises: a reply counts for the recipient it was given for, even when the connection broke after it. An
 * acceptance that comes before the message was complete counts for nothing. A failure comes with the conversation as far
 * as it is about this recipient and the message.
 */
import { isPositive, judgeReply, oneLineReply } from './smtp-reply.ts';
import { conversationText } from './smtp-transcript.ts';
import { type Judgement, type Outcome, temporaryTrouble } from './transport.ts';

/** The commands and replies of one transaction; `null` and missing replies have not come. */
export type Dialogue = {
  /** How many recipients there are. */
  readonly recipients: number;
  /** The commands that were sent, without their ends: MAIL, each RCPT, DATA. */
  readonly commands: string[];
  /** The reply to an RSET before them. */
  reset: string | null;
  mail: string | null;
  /** In the order of the RCPT commands. */
  readonly rcpt: string[];
  data: string | null;
  /** After the message: one, or with LMTP one for each recipient accepted. */
  readonly final: string[];
  /** True when all of the message and the final dot were handed to the socket. */
  complete: boolean;
};

/** A dialogue in which nothing was said. */
export function emptyDialogue(recipients: number): Dialogue {
  return {
    recipients,
    commands: [],
    reset: null,
    mail: null,
    rcpt: [],
    data: null,
    final: [],
    complete: false,
  };
}

/** True for the reply to DATA that asks for the message. */
export function isGoAhead(reply: string): boolean {
  return reply.startsWith('354');
}

/** How a dialogue ended other than by a reply. */
export type Ending = {
  /** For those who got no reply. */
  readonly otherwise: Judgement;
  /** What happened, for people; `null` when nothing did. */
  readonly words: string | null;
};

/** The outcomes of a transaction for `recipients`, which were given to RCPT in this order. */
export function outcomesOf(
  recipients: readonly string[],
  dialogue: Dialogue,
  lmtp: boolean,
  beginning: readonly string[],
  { otherwise, words }: Ending,
): Outcome[] {
  const { mail, data } = dialogue;
  let accepted = 0;
  let shared: Judgement | null = null;
  return recipients.map((recipient, position): Outcome => {
    const rcpt = dialogue.rcpt[position];
    const taken = rcpt !== undefined && isPositive(rcpt);
    const final = taken ? dialogue.final[lmtp ? accepted++ : 0] : undefined;
    const judged = ((): Judgement => {
      if (dialogue.reset !== null && !isPositive(dialogue.reset)) return otherwise;
      if (mail !== null && !isPositive(mail)) return judgeReply(mail, 'mail');
      if (rcpt === undefined) return otherwise;
      if (!taken) return judgeReply(rcpt, 'rcpt');
      if (data !== null && !isGoAhead(data)) return judgeData(data);
      if (final === undefined) return otherwise;
      if (isPositive(final) && !dialogue.complete) {
        return temporaryTrouble(
          'connection',
          `answered before the message was complete: ${oneLineReply(final)}`,
        );
      }
      if (lmtp) return judgeReply(final, 'lmtp');
      shared ??= judgeReply(final, 'data');
      return shared;
    })();
    if (judged.kind === 'delivered') return { recipient, ...judged };
    if (dialogue.commands.length === 0) return { recipient, ...judged };
    const lines = [...beginning, ...linesFor(position, dialogue, final)];
    if (judged === otherwise && words !== null) lines.push(`- ${words}`);
    return { recipient, ...judged, conversation: conversationText(lines) };
  });
}

/** The lines of a dialogue that are not about other recipients. */
function linesFor(position: number, dialogue: Dialogue, final: string | undefined): string[] {
  const { commands, recipients } = dialogue;
  const lines: string[] = [];
  const said = (command: string | undefined, reply: string | null | undefined): void => {
    if (command === undefined) return;
    lines.push(`> ${command}`);
    if (reply !== null && reply !== undefined) lines.push(`< ${reply}`);
  };
  if (dialogue.reset !== null) said('RSET', dialogue.reset);
  said(commands[0], dialogue.mail);
  said(commands[1 + position], dialogue.rcpt[position]);
  said(commands[1 + recipients], dialogue.data);
  if (dialogue.complete) lines.push('- the message was sent');
  if (final !== undefined) lines.push(`< ${final}`);
  return lines;
}

/** What a reply to DATA other than 354 means: an acceptance of what was not sent yet is nonsense. */
function judgeData(reply: string): Judgement {
  if (!isPositive(reply)) return judgeReply(reply, 'data');
  return temporaryTrouble('connection', `answered before the message was sent: ${oneLineReply(reply)}`);
}

/**
 * True for a reply behind which a connection is of no use: 421, a login or TLS that is missing, what does not fit the
 * question.
 */
export function endsConnection(reply: string, to: 'RSET' | 'MAIL' | 'RCPT' | 'DATA' | 'message'): boolean {
  if (to === 'RSET') return !isPositive(reply);
  if (to === 'DATA' && (isGoAhead(reply) || isPositive(reply))) return isPositive(reply);
  return !isPositive(reply) && judgeReply(reply, 'data').scope === 'connection';
}

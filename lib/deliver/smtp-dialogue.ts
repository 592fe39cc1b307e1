/**
 * What was said in a transaction, and what follows from it for each recipient.
 *
 * smtp-connection reports one result for a message; who had been told what when a connection broke, and the
 * words for each recipient of LMTP, are only in its transaction log. That log is its documented interface for
 * seeing commands and replies, so this is a logger that keeps them.
 *
 * Promises: a reply counts for the recipient it was given for, even when the connection broke after it. An
 * acceptance that comes before the message was complete counts for nothing.
 */
import { isPositive, judgeReply, oneLineReply } from './smtp-reply.ts';
import { everyRecipient, type Judgement, type Outcome, temporaryTrouble } from './transport.ts';

/** The replies of one transaction; `null` and missing ones have not come. */
export type Dialogue = {
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
export function emptyDialogue(): Dialogue {
  return { mail: null, rcpt: [], data: null, final: [], complete: false };
}

/** An entry of smtp-connection's log. */
type LogEntry = { readonly tnx?: unknown } | undefined;

type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Keeps what one connection says. */
export type DialogueRecorder = {
  /** For smtp-connection, with `transactionLog`. */
  readonly logger: Readonly<Record<LogLevel, (entry: LogEntry, text?: unknown) => void>>;
  /** Starts a dialogue; it fills up as the transaction goes on. */
  readonly begin: () => Dialogue;
  /** True when the server's latest EHLO or LHLO reply has `keyword` (RFC 5321 section 4.1.1.1). */
  readonly offers: (keyword: string) => boolean;
};

const ignore = (): void => {};

/** A recorder for a new connection. */
export function recordDialogue(): DialogueRecorder {
  let current = emptyDialogue();
  let extensions: readonly string[] = [];
  // Verbs sent and not answered yet. Replies come in the order of the commands, also with pipelining.
  const asked: string[] = [];

  const hear = (reply: string): void => {
    const verb = asked.shift();
    if (verb === undefined) current.final.push(reply);
    else if (verb === 'MAIL') current.mail = reply;
    else if (verb === 'RCPT') current.rcpt.push(reply);
    else if (verb === 'DATA') current.data = reply;
    else if (verb === 'EHLO' || verb === 'LHLO') {
      extensions = reply.split(/\r?\n/).map((line) => line.slice(4).split(' ', 1)[0]?.toUpperCase() ?? '');
    }
  };
  const note = (entry: LogEntry, text?: unknown): void => {
    const line = typeof text === 'string' ? text : '';
    if (entry?.tnx === 'client') asked.push(line.split(' ', 1)[0] ?? '');
    else if (entry?.tnx === 'server') hear(line);
    else if (entry?.tnx === 'message') current.complete = true;
  };
  return {
    logger: { trace: ignore, debug: note, info: note, warn: ignore, error: ignore, fatal: ignore },
    begin: () => {
      current = emptyDialogue();
      return current;
    },
    offers: (keyword) => extensions.includes(keyword),
  };
}

/**
 * The outcomes of a transaction for `recipients`, which were given to RCPT in this order. `otherwise` is for
 * those who got no reply.
 */
export function outcomesOf(
  recipients: readonly string[],
  dialogue: Dialogue,
  lmtp: boolean,
  otherwise: Judgement,
): Outcome[] {
  const { mail, data } = dialogue;
  if (mail !== null && !isPositive(mail)) return everyRecipient(recipients, judgeReply(mail, 'mail'));
  let accepted = 0;
  return recipients.map((recipient, position) => {
    const rcpt = dialogue.rcpt[position];
    if (rcpt === undefined) return { recipient, ...otherwise };
    if (!isPositive(rcpt)) return { recipient, ...judgeReply(rcpt, 'rcpt') };
    const final = dialogue.final[lmtp ? accepted++ : 0];
    if (data !== null && !/^[23]/.test(data)) return { recipient, ...judgeReply(data, 'data') };
    if (final === undefined) return { recipient, ...otherwise };
    if (isPositive(final) && !dialogue.complete) {
      const words = `answered before the message was complete: ${oneLineReply(final)}`;
      return { recipient, ...temporaryTrouble('connection', words) };
    }
    return { recipient, ...judgeReply(final, lmtp ? 'lmtp' : 'data') };
  });
}

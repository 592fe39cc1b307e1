/**
 * One transaction over an open connection (RFC 5321 section 3.3): commands out, replies in, outcomes.
 *
 * With PIPELINING (RFC 2920) MAIL, all RCPT and DATA are one write, and a small message with its final dot another;
 * without, command by command. Where the server asks for the message though it took no recipient, it gets a lone dot.
 *
 * Promises: `done` is called once. Nothing goes out that could end a command. What cannot be sent to this server is
 * found before MAIL and costs nothing; so is a small message that cannot be read.
 * Fails: by outcomes.
 */
import { errorText } from '../base/errors.ts';
import { type MessageStream, streamMessage } from './message-stream.ts';
import { transactionCommands } from './smtp-commands.ts';
import { emptyDialogue, endsConnection, isGoAhead, outcomesOf } from './smtp-dialogue.ts';
import type { SmtpServer } from './smtp-extensions.ts';
import { recipientFault, senderFault, sizeFault, withFaults } from './smtp-faults.ts';
import { isPositive, oneLineReply } from './smtp-reply.ts';
import type { SmtpWire } from './smtp-wire.ts';
import {
  everyRecipient,
  type Judgement,
  type Outcome,
  type Transaction,
  type TransactionResult,
  temporaryTrouble,
} from './transport.ts';
import { SMALL_MESSAGE, type WireMessage, wireMessage } from './wire-message.ts';

/** How a transaction ended. */
export type TransactionEnd = {
  readonly result: TransactionResult;
  /** The server may still hold it: RSET is due. */
  readonly open: boolean;
  /** Why the connection cannot be used any more, or `null`. */
  readonly fatal: string | null;
};

/** A transaction on its way. */
export type SmtpTransaction = {
  /** True when it can begin. */
  readonly ready: () => boolean;
  /** True when all of the message has been sent: another may begin behind it. */
  readonly sent: () => boolean;
  /** Makes it ready. */
  readonly prepare: () => void;
  /** Sends the first command, or the first group; RSET before it when `reset`. */
  readonly begin: (reset: boolean) => void;
  /** Ends it, for want of a connection. */
  readonly lose: (words: string) => void;
};

/** A transaction for this connection. `changed` is called when it has become ready or sent, `done` at its end. */
export function smtpTransaction(
  wire: SmtpWire,
  server: SmtpServer,
  transaction: Transaction,
  changed: () => void,
  done: (end: TransactionEnd) => void,
): SmtpTransaction {
  const { sender, message } = transaction;
  const { offered, lmtp, dsn } = server;
  const pipelining = offered.has('PIPELINING');
  const faults = transaction.recipients.map((one) => recipientFault(one, offered));
  const recipients = transaction.recipients.filter((_, position) => faults[position] === null);
  const dialogue = emptyDialogue(recipients.length);
  let stage: 'reading' | 'ready' | 'begun' | 'sent' | 'ended' = 'reading';
  let small: WireMessage | null = null;
  let stream: MessageStream | null = null;
  let commands: readonly string[] = [];
  let accepted = 0;

  const finish = (outcomes: readonly Outcome[], open: boolean, fatal: string | null): void => {
    const { mail } = dialogue;
    stage = 'ended';
    stream?.stop();
    const heard = mail === null ? dialogue.commands.length === 0 && fatal === null : !mail.startsWith('421');
    done({ result: { outcomes: withFaults(transaction.recipients, faults, outcomes), heard }, open, fatal });
  };
  /** Ends it before anything was said. */
  const refuse = (judgement: Judgement): void => finish(everyRecipient(recipients, judgement), false, null);
  /** Ends it by what was said; `words`: why nothing more will be. */
  const conclude = (open: boolean, words: string | null = null, otherwise?: Judgement): void => {
    if (stage === 'ended') return;
    const missing = `${server.name}: ${words ?? 'no reply for this recipient'}`;
    const ending = { otherwise: otherwise ?? temporaryTrouble('connection', missing), words };
    finish(outcomesOf(recipients, dialogue, lmtp, server.beginning, ending), open, words);
  };
  /** Ends it when `reply` ends the connection. */
  const ends = (reply: string, to: Parameters<typeof endsConnection>[1]): boolean => {
    if (!endsConnection(reply, to)) return false;
    conclude(false, oneLineReply(reply));
    return true;
  };

  /** Takes the command at a place in {@link commands} for said, and waits for its reply. */
  const say = (at: number): string => {
    const command = commands[at] ?? '';
    dialogue.commands.push(command);
    if (at === 0) wire.expect('mail', 'MAIL', hearMail);
    else if (at <= recipients.length) wire.expect('rcpt', 'RCPT', hearRcpt);
    else wire.expect('data', 'DATA', hearData);
    return `${command}\r\n`;
  };
  const hearReset = (reply: string): void => {
    dialogue.reset = reply;
    if (!ends(reply, 'RSET') && !pipelining) wire.send(say(0));
  };
  const hearMail = (reply: string): void => {
    dialogue.mail = reply;
    if (ends(reply, 'MAIL') || pipelining) return;
    if (isPositive(reply)) wire.send(say(1));
    else conclude(false);
  };
  const hearRcpt = (reply: string): void => {
    dialogue.rcpt.push(reply);
    if (mailRefused()) {
      // It follows from that, whatever it is, except goodbye.
      if (reply.startsWith('421')) conclude(false, oneLineReply(reply));
      return;
    }
    if (isPositive(reply)) accepted++;
    else if (ends(reply, 'RCPT')) return;
    if (pipelining) return;
    const next = 1 + dialogue.rcpt.length;
    if (next <= recipients.length || accepted > 0) wire.send(say(next));
    else conclude(true);
  };
  const hearData = (reply: string): void => {
    dialogue.data = reply;
    if (accepted === 0) {
      if (isGoAhead(reply)) sendNothing();
      else if (/^(?:[23]|421)/.test(reply)) conclude(false, oneLineReply(reply));
      else conclude(!mailRefused());
      return;
    }
    if (ends(reply, 'DATA')) return;
    if (isGoAhead(reply)) goAhead();
    else conclude(true);
  };
  const goAhead = (): void => {
    // A server may refuse the message before it has seen it.
    for (let left = lmtp ? accepted : 1; left > 0; left--) wire.expect('final', 'the message', hearFinal);
    if (transaction.mayPass === undefined) sendMessage();
    else transaction.mayPass().then(sendMessage, (error: unknown) => conclude(false, errorText(error)));
  };
  const hearFinal = (reply: string): void => {
    const { final } = dialogue;
    final.push(reply);
    if (stage !== 'sent') conclude(false, oneLineReply(reply));
    // Whatever LMTP says of one recipient, the others have their own replies.
    else if (lmtp && final.length < accepted && /^[245]/.test(reply)) return;
    else if (!final.some((one) => ends(one, 'message'))) conclude(false);
  };
  const mailRefused = (): boolean => dialogue.mail !== null && !isPositive(dialogue.mail);

  /** The message that nobody is to have. */
  const sendNothing = (): void => {
    wire.send('.\r\n');
    wire.expect('final', 'the final dot', (reply) => {
      conclude(false, reply.startsWith('421') ? oneLineReply(reply) : null);
    });
    stage = 'sent';
    // How many replies an LMTP server gives for nobody, nobody knows.
    if (lmtp) conclude(false, 'it asked for the message, and took no recipient');
    else changed();
  };
  const sendMessage = (): void => {
    if (stage === 'ended') return;
    if (small !== null) {
      wire.send(small.bytes);
      allSent();
    } else {
      stream = streamMessage(wire, message);
      // The half cannot be taken back, so it must not be ended.
      stream.sent.then(allSent, (error: unknown) => {
        const words = unreadable(error);
        conclude(false, words, temporaryTrouble('message', words));
      });
    }
  };
  const allSent = (): void => {
    if (stage === 'ended') return;
    dialogue.complete = true;
    stage = 'sent';
    changed();
  };
  const unreadable = (error: unknown): string => `cannot read the message ${message.id}: ${errorText(error)}`;

  const use = (read: WireMessage | null): void => {
    if (stage !== 'reading') return;
    small = read;
    const tooLarge = sizeFault(read?.size ?? message.size, offered, server.name);
    if (tooLarge !== null) refuse(tooLarge);
    else {
      stage = 'ready';
      changed();
    }
  };
  const prepare = (): void => {
    const fault = recipients.length === 0 ? null : senderFault(sender, offered);
    if (recipients.length === 0) finish([], false, null);
    else if (fault !== null) refuse(fault);
    else if (message.size > SMALL_MESSAGE) use(null);
    else {
      const read = wireMessage(message);
      if (!(read instanceof Promise)) use(read);
      else {
        read.then(use, (error: unknown) => {
          if (stage === 'reading') refuse(temporaryTrouble('message', unreadable(error)));
        });
      }
    }
  };
  const begin = (reset: boolean): void => {
    stage = 'begun';
    commands = transactionCommands(offered, sender, recipients, {
      size: small?.size ?? message.size,
      id: message.id,
      dsn,
    });
    let group = '';
    if (reset) {
      wire.expect('mail', 'RSET', hearReset);
      group = 'RSET\r\n';
    }
    if (pipelining) {
      for (let at = 0; at < commands.length; at++) group += say(at);
    } else if (!reset) group = say(0);
    wire.send(group);
  };
  return {
    ready: () => stage === 'ready',
    sent: () => stage === 'sent',
    prepare,
    begin,
    lose: (words) => conclude(false, words),
  };
}

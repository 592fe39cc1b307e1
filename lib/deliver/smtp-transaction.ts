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
import type { Readable } from 'node:stream';
import { errorText } from '../base/errors.ts';
import { isBeyondAscii, mailCommand, rcptCommand } from './smtp-commands.ts';
import { emptyDialogue, endsConnection, isGoAhead, outcomesOf } from './smtp-dialogue.ts';
import type { SmtpExtensions } from './smtp-extensions.ts';
import { recipientFault, senderFault, sizeFault } from './smtp-faults.ts';
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
import { SMALL_MESSAGE, type WireMessage, wireForm, wireMessage } from './wire-message.ts';

/** The other side of a connection. */
export type SmtpServer = {
  /** For people. */
  readonly name: string;
  /** One reply per recipient to a message. */
  readonly lmtp: boolean;
  readonly offered: SmtpExtensions;
  /** Whether it is told what notifications are wanted. */
  readonly dsn: boolean;
  /** The lines that began the conversation. */
  readonly beginning: readonly string[];
};

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
  /** True when it has begun. */
  readonly begun: () => boolean;
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
  const faults: (Judgement | null)[] = transaction.recipients.map((one) => recipientFault(one, offered));
  const recipients = transaction.recipients.filter((_, position) => faults[position] === null);
  const dialogue = emptyDialogue(recipients.length);
  let stage: 'reading' | 'ready' | 'begun' | 'sent' | 'ended' = 'reading';
  let small: WireMessage | null = null;
  let source: Readable | null = null;
  let accepted = 0;

  const finish = (outcomes: readonly Outcome[], open: boolean, fatal: string | null): void => {
    const { mail, commands } = dialogue;
    stage = 'ended';
    source?.destroy();
    let next = 0;
    const all = faults.flatMap((fault, position): Outcome | [] => {
      const recipient = transaction.recipients[position] ?? '';
      return fault === null ? (outcomes[next++] ?? []) : { recipient, ...fault };
    });
    const heard = mail === null ? commands.length === 0 && fatal === null : !mail.startsWith('421');
    done({ result: { outcomes: all, heard }, open, fatal });
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

  const say = (command: string): string => {
    dialogue.commands.push(command);
    return `${command}\r\n`;
  };
  const sayMail = (): string => {
    wire.expect('mail', 'MAIL', hearMail);
    const utf8 = isBeyondAscii(sender) || recipients.some(isBeyondAscii);
    return say(
      mailCommand(offered, sender, { size: small?.size ?? message.size, id: message.id, utf8, dsn }),
    );
  };
  const sayRcpt = (recipient: string): string => {
    wire.expect('rcpt', 'RCPT', hearRcpt);
    return say(rcptCommand(offered, sender, recipient, dsn));
  };
  const sayData = (): string => {
    wire.expect('data', 'DATA', hearData);
    return say('DATA');
  };

  const hearReset = (reply: string): void => {
    dialogue.reset = reply;
    if (!ends(reply, 'RSET') && !pipelining) wire.send(sayMail());
  };
  const hearMail = (reply: string): void => {
    dialogue.mail = reply;
    if (ends(reply, 'MAIL') || pipelining) return;
    const [first] = recipients;
    if (isPositive(reply) && first !== undefined) wire.send(sayRcpt(first));
    else conclude(false);
  };
  const hearRcpt = (reply: string): void => {
    dialogue.rcpt.push(reply);
    if (mailRefused()) {
      // It follows from that, whatever it is, except goodbye.
      if (reply.startsWith('421')) ends(reply, 'RCPT');
      return;
    }
    if (isPositive(reply)) accepted++;
    else if (ends(reply, 'RCPT')) return;
    if (pipelining) return;
    const next = recipients[dialogue.rcpt.length];
    if (next !== undefined) wire.send(sayRcpt(next));
    else if (accepted > 0) wire.send(sayData());
    else conclude(true);
  };
  const hearData = (reply: string): void => {
    dialogue.data = reply;
    if (accepted === 0) {
      if (isGoAhead(reply)) sendNothing();
      else if (!reply.startsWith('421') || !ends(reply, 'DATA')) conclude(!mailRefused());
      return;
    }
    if (ends(reply, 'DATA')) return;
    if (!isGoAhead(reply)) conclude(true);
    else if (transaction.mayPass === undefined) sendMessage();
    else transaction.mayPass().then(sendMessage, (error: unknown) => conclude(false, errorText(error)));
  };
  const hearFinal = (reply: string): void => {
    dialogue.final.push(reply);
    if (stage !== 'sent') conclude(false, oneLineReply(reply));
    else if (!ends(reply, 'message') && dialogue.final.length === (lmtp ? accepted : 1)) conclude(false);
  };
  const mailRefused = (): boolean => dialogue.mail !== null && !isPositive(dialogue.mail);

  /** The message that nobody is to have. */
  const sendNothing = (): void => {
    wire.send('.\r\n');
    // How many replies an LMTP server gives for nobody, nobody knows.
    if (lmtp) {
      conclude(false, 'it asked for the message, and took no recipient');
      return;
    }
    wire.expect('final', 'the final dot', (reply) => {
      if (!reply.startsWith('421') || !ends(reply, 'message')) conclude(false);
    });
    stage = 'sent';
    changed();
  };
  const sendMessage = (): void => {
    if (stage === 'ended') return;
    for (let reply = 0; reply < (lmtp ? accepted : 1); reply++)
      wire.expect('final', 'the message', hearFinal);
    if (small !== null) {
      wire.send(small.bytes);
      allSent();
    } else void streamMessage();
  };
  const allSent = (): void => {
    dialogue.complete = true;
    stage = 'sent';
    changed();
  };
  const streamMessage = async (): Promise<void> => {
    const form = wireForm();
    wire.speaking(true);
    source = message.stream();
    source.on('error', () => {});
    try {
      for await (const piece of source) {
        if (ended()) return;
        if (!wire.send(form.add(piece))) await wire.drained();
      }
    } catch (error) {
      const words = unreadable(error);
      // The half cannot be taken back, so it must not be ended.
      conclude(false, words, temporaryTrouble('message', words));
      return;
    }
    if (ended()) return;
    wire.send(form.end());
    wire.speaking(false);
    allSent();
  };
  const ended = (): boolean => stage === 'ended';
  const unreadable = (error: unknown): string => `cannot read the message ${message.id}: ${errorText(error)}`;

  const use = (read: WireMessage | null): void => {
    if (stage !== 'reading') return;
    const tooLarge = sizeFault(read?.size ?? message.size, offered, server.name);
    if (tooLarge !== null) {
      refuse(tooLarge);
      return;
    }
    small = read;
    stage = 'ready';
    changed();
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
    let group = '';
    if (reset) {
      wire.expect('mail', 'RSET', hearReset);
      group = 'RSET\r\n';
    }
    if (pipelining) {
      group += sayMail();
      for (const recipient of recipients) group += sayRcpt(recipient);
      group += sayData();
    } else if (!reset) group = sayMail();
    wire.send(group);
  };
  return {
    ready: () => stage === 'ready',
    begun: () => stage !== 'reading' && stage !== 'ready',
    sent: () => stage === 'sent',
    prepare,
    begin,
    lose: (words) => conclude(false, words),
  };
}

/**
 * The dialogue with one LMTP client (RFC 2033), from the greeting to QUIT.
 *
 *     connected ──LHLO──▶ ready ──MAIL──▶ addressed ──RCPT…, DATA──▶ a reply for each recipient ──▶ ready
 *
 * Promises: 250 for a recipient is said only after the mailroom has said it. A message whose client goes away before its end
 * is dropped. Told to stop, it finishes the transaction it is in, and says 421 instead of waiting for another.
 * Fails: never; `ended` always resolves.
 */
import type { Duplex } from 'node:stream';
import { errorCode, errorText } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { ListTarget } from './list-target.ts';
import { ClientGone } from './lmtp-input.ts';
import type { LmtpLimits } from './lmtp-limits.ts';
import { takeMessage, tooLarge } from './lmtp-message.ts';
import { examineMail, examineRcpt } from './lmtp-parameters.ts';
import { type Reply, reply, troubleReply, troubleText } from './lmtp-reply.ts';
import type { Mailroom, Transaction } from './lmtp-transaction.ts';
import { openWire } from './lmtp-wire.ts';

/** What a session is made of. */
export type SessionOptions = {
  readonly mailroom: Mailroom;
  readonly limits: LmtpLimits;
  readonly log: Log;
  /** Our name in the greeting. */
  readonly hostname: string;
  /** Where the client is, `127.0.0.1` or `unix`. */
  readonly from: string;
};

/** A session under way. */
export type Session = {
  readonly ended: Promise<void>;
  /** No further transaction. */
  readonly stop: () => void;
  /** No further anything. */
  readonly destroy: () => void;
};

type Envelope = Transaction & { readonly sender: string; readonly targets: ListTarget[] };

/** Commands of SMTP that are not ours. */
const NOT_OURS: ReadonlySet<string> = new Set(['AUTH', 'BDAT', 'ETRN', 'EXPN', 'STARTTLS', 'TURN']);

/** Begins the dialogue on a stream. */
export function lmtpSession(stream: Duplex, options: SessionOptions): Session {
  const { mailroom, limits, log, hostname, from } = options;
  const wire = openWire(stream, () => {
    log('notice', 'lmtp-drop', { why: 'too slow', peer: peer() });
    wire.end(reply(421, '4.4.2', `${hostname} you took too long, closing`));
  });
  const startedAt = performance.now();
  let name: string | null = null;
  let envelope: Envelope | null = null;
  let errors = 0;
  let stopping = false;
  let waiting = false;

  const peer = () => `${name ?? ''}[${from}]`;
  const wrong = (answer: Reply) => {
    errors++;
    wire.say(answer);
  };
  const refuse = ({ code, status, text }: Reply, recipient: string | null, sender: string) => {
    log('info', 'lmtp-refuse', { code: `${code} ${status}`, why: text, recipient, sender, peer: peer() });
  };

  async function mail(argument: string): Promise<void> {
    if (name === null) return wrong(reply(503, '5.5.1', 'say LHLO first'));
    if (envelope !== null) return wrong(reply(503, '5.5.1', 'a transaction is open already'));
    const asked = examineMail(argument);
    if ('code' in asked) return wrong(asked);
    const begun = await mailroom.begin(asked.address, peer());
    if ('code' in begun) {
      refuse(begun, null, asked.address);
      return wire.say(begun);
    }
    if (asked.size > begun.sizeLimit) {
      const answer = tooLarge(begun.sizeLimit);
      refuse(answer, null, asked.address);
      return wire.say(answer);
    }
    envelope = { ...begun, sender: asked.address, targets: [] };
    wire.say(reply(250, '2.1.0', 'go on'));
  }

  async function rcpt(argument: string): Promise<void> {
    if (envelope === null) return wrong(reply(503, '5.5.1', 'say MAIL first'));
    const asked = examineRcpt(argument);
    if ('code' in asked) return wrong(asked);
    if (envelope.targets.length >= limits.recipients) {
      return wire.say(reply(452, '4.5.3', `at most ${limits.recipients} recipients at once`));
    }
    const found = await envelope.recipient(asked.address);
    if ('code' in found) {
      refuse(found, asked.address, envelope.sender);
      return wire.say(found);
    }
    envelope.targets.push(found);
    wire.say(reply(250, '2.1.5', 'go on'));
  }

  async function data(argument: string): Promise<void> {
    if (argument !== '') return wrong(reply(501, '5.5.4', 'DATA has no argument'));
    if (envelope === null || envelope.targets.length === 0) {
      return wrong(reply(503, '5.5.1', 'no recipient was accepted'));
    }
    const { sender, targets } = envelope;
    wire.say(reply(354, '', 'end with a line of a dot'));
    const replies = await takeMessage(wire, envelope, limits, trouble);
    for (const [index, answer] of replies.entries()) {
      if (answer.code >= 500) refuse(answer, targets[index]?.list.address ?? null, sender);
      wire.say(answer);
    }
    envelope = null;
  }

  function trouble(error: unknown): Reply {
    log('error', 'lmtp-trouble', { reason: troubleText(error), peer: peer() });
    return troubleReply(error);
  }

  async function lhlo(argument: string): Promise<void> {
    if (!/^[^\s\p{Cc}\ufffd]+$/u.test(argument)) return wrong(reply(501, '5.5.4', 'say LHLO and your name'));
    name = argument;
    envelope = null;
    const size = await mailroom.sizeLimit();
    const offers = ['PIPELINING', 'ENHANCEDSTATUSCODES', '8BITMIME', 'SMTPUTF8'];
    wire.say(reply(250, '', hostname), size === null ? offers : [...offers, `SIZE ${size}`]);
  }

  async function command(text: string): Promise<void> {
    const [, verb = '', argument = ''] = /^([A-Za-z]+)(?: +(.*))?$/s.exec(text.trimEnd()) ?? [];
    if (/[\p{Cc}\ufffd]/u.test(text)) {
      return wrong(reply(500, '5.5.2', 'control characters, or no UTF-8, in a command'));
    }
    switch (verb.toUpperCase()) {
      case 'LHLO':
        return lhlo(argument);
      case 'HELO':
      case 'EHLO':
        return wrong(reply(500, '5.5.1', 'this is LMTP: say LHLO'));
      case 'MAIL':
        return mail(argument);
      case 'RCPT':
        return rcpt(argument);
      case 'DATA':
        return data(argument);
      case 'RSET':
        envelope = null;
        return wire.say(reply(250, '2.0.0', 'forgotten'));
      case 'NOOP':
        return wire.say(reply(250, '2.0.0', 'nothing done'));
      case 'VRFY':
        return wire.say(reply(252, '2.5.0', 'send mail and see'));
      case 'HELP':
        return wire.say(reply(214, '2.0.0', 'RFC 2033: LHLO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT'));
      case 'QUIT':
        return wire.end(reply(221, '2.0.0', `${hostname} goodbye`));
      default:
        return wrong(
          NOT_OURS.has(verb.toUpperCase())
            ? reply(502, '5.5.1', 'not offered here')
            : reply(500, '5.5.1', 'no such command'),
        );
    }
  }

  function closeIfDue(): void {
    if (stopping && envelope === null) wire.end(reply(421, '4.3.2', `${hostname} is closing`));
    if (performance.now() - startedAt > limits.connectionMs) {
      wire.end(reply(421, '4.4.2', `${hostname} this connection is too old, closing`));
    }
    if (errors >= limits.errors) {
      log('notice', 'lmtp-drop', { why: 'too many wrong commands', peer: peer() });
      wire.end(reply(421, '4.7.0', `${hostname} too many wrong commands, closing`));
    }
  }

  async function talk(): Promise<void> {
    wire.say(reply(220, '', `${hostname} LMTP qrunner`));
    for (closeIfDue(); !wire.closed(); closeIfDue()) {
      wire.watch(limits.commandMs);
      waiting = true;
      const line = await wire.input.line(limits.commandBytes);
      waiting = false;
      wire.watch(null);
      if (line === null) break;
      if (line.text === null) {
        wrong(reply(500, '5.5.6', `a command is longer than ${limits.commandBytes} octets`));
      } else {
        await command(line.text);
      }
    }
    wire.end();
  }

  /** The dialogue broke off: the client left, or we closed the wire while he was heard, or this is a bug of ours. */
  function broken(error: unknown): void {
    if (wire.ended()) return;
    if (error instanceof ClientGone || errorCode(error) !== null) {
      log('notice', 'lmtp-drop', { why: errorText(error), peer: peer() });
    } else {
      trouble(error);
    }
    wire.end(reply(421, '4.3.0', `${hostname} trouble here, closing`));
  }

  const ended = talk()
    .catch(broken)
    .then(() => wire.input.discard())
    .then(() => wire.gone);
  return {
    ended,
    stop: () => {
      stopping = true;
      if (waiting) closeIfDue();
    },
    destroy: wire.destroy,
  };
}

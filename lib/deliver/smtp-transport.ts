/**
 * Delivery to an SMTP server (a smarthost) or an LMTP server (RFC 2033), over one connection.
 *
 * Promises: the connection is opened by the first message, used for all that follow, opened again when it
 * died. A server that cannot be reached, or does not let us in, costs one attempt per run: what comes later is
 * answered at once. An address that could end a command or cannot be said to this server is refused for its
 * recipient alone and never sent. The message goes out with CRLF line ends (a bare CR or LF becomes one) and
 * is otherwise unchanged: 8-bit bytes are declared by BODY=8BITMIME when the server offers it and sent in any
 * case, NUL bytes are left to the server.
 * Fails: by outcomes, see smtp-reply.ts. A connection that breaks after the message was complete and before
 * its reply is temporary: the repeat may deliver twice (RFC 1047), never not at all.
 */
import { errorText } from '../base/errors.ts';
import { addressFault } from './address-fault.ts';
import { inTurn } from './in-turn.ts';
import { openSmtpSession, type SmtpOptions, type SmtpSession, type SmtpSettings } from './smtp-session.ts';
import {
  type Envelope,
  everyRecipient,
  type MessageSource,
  type Outcome,
  RUN_IS_ENDING,
  type Transport,
  temporaryTrouble,
} from './transport.ts';

/** What is not in the site's transport settings. */
export type SmtpTransportOptions = SmtpOptions & {
  /** Recipients of one transaction. */
  readonly maxRecipients: number;
};

/** Connections lost one after another, with nothing delivered between, before the server counts as dead. */
const LOSSES_BEFORE_DEAD = 3;

const NOT_ASCII = /[^\0-\u007f]/;

/** A transport to one server. Sends run one at a time, in order. */
export function smtpTransport(settings: SmtpSettings, options: SmtpTransportOptions): Transport {
  const alone = inTurn();
  let session: SmtpSession | null = null;
  let losses = 0;
  /** Why nothing is tried any more. */
  let dead: string | null = null;

  /** The connection in use or a new one; or the reason why there is none. */
  async function obtain(signal?: AbortSignal): Promise<SmtpSession | string> {
    if (signal?.aborted) return RUN_IS_ENDING;
    if (session?.alive()) return session;
    session = null;
    if (dead !== null) return dead;
    try {
      session = await openSmtpSession(settings, options, signal);
      return session;
    } catch (error) {
      if (signal?.aborted) return RUN_IS_ENDING;
      dead = errorText(error);
      return dead;
    }
  }

  /** Counts connections that break, so that a server which hangs does not cost its timeout for each message. */
  function countLosses(outcomes: readonly Outcome[]): void {
    const lost = outcomes.find(({ scope }) => scope === 'connection');
    losses = lost ? losses + 1 : 0;
    if (lost && losses >= LOSSES_BEFORE_DEAD) dead = `given up for this run: ${lost.reply}`;
  }

  async function transaction(
    sender: string,
    recipients: readonly string[],
    message: MessageSource,
    signal?: AbortSignal,
  ): Promise<readonly Outcome[]> {
    for (;;) {
      const reused = session?.alive() === true;
      const opened = await obtain(signal);
      if (typeof opened === 'string') {
        return everyRecipient(recipients, temporaryTrouble('connection', opened));
      }
      const { faults, sayable } = sayableTo(opened, sender, recipients);
      if (sayable.length === 0) return faults;
      const { outcomes, heard } = await opened.transact(sender, sayable, message, signal);
      // A server may hang up on an idle connection, or after so many messages: that is no answer.
      if (reused && !heard && !opened.alive() && !signal?.aborted) continue;
      if (!signal?.aborted) countLosses(outcomes);
      return [...faults, ...outcomes];
    }
  }

  async function send(
    envelope: Envelope,
    message: MessageSource,
    signal?: AbortSignal,
  ): Promise<readonly Outcome[]> {
    const { sender } = envelope;
    const fault = sender === '' ? null : addressFault(sender);
    if (fault !== null) {
      const refusal = { kind: 'permanent', scope: 'message', status: '5.1.7', reply: fault } as const;
      return everyRecipient(envelope.recipients, refusal);
    }
    const found = new Map<string, Outcome>();
    const recipients: string[] = [];
    for (const recipient of new Set(envelope.recipients)) {
      const reply = addressFault(recipient);
      if (reply === null) recipients.push(recipient);
      else found.set(recipient, { recipient, kind: 'permanent', scope: 'recipient', status: '5.1.3', reply });
    }
    for (let start = 0; start < recipients.length; start += options.maxRecipients) {
      const some = recipients.slice(start, start + options.maxRecipients);
      for (const outcome of await transaction(sender, some, message, signal)) {
        found.set(outcome.recipient, outcome);
      }
    }
    return envelope.recipients.flatMap((recipient) => found.get(recipient) ?? []);
  }

  return {
    send: (envelope, message, signal) => alone(() => send(envelope, message, signal)),
    close: () =>
      alone(async () => {
        await session?.quit();
        session = null;
      }),
  };
}

/** Who can be named to this server: an address beyond ASCII only with SMTPUTF8 (RFC 6531). */
function sayableTo(
  session: SmtpSession,
  sender: string,
  recipients: readonly string[],
): { readonly faults: readonly Outcome[]; readonly sayable: readonly string[] } {
  if (session.offers('SMTPUTF8')) return { faults: [], sayable: recipients };
  if (NOT_ASCII.test(sender)) {
    const reply = `the server does not take the sender ${sender}: it lacks SMTPUTF8`;
    const refusal = { kind: 'permanent', scope: 'message', status: '5.6.7', reply } as const;
    return { faults: everyRecipient(recipients, refusal), sayable: [] };
  }
  const beyond = recipients.filter((recipient) => NOT_ASCII.test(recipient));
  const faults = beyond.map((recipient): Outcome => {
    const reply = `the server does not take the address ${recipient}: it lacks SMTPUTF8`;
    return { recipient, kind: 'permanent', scope: 'recipient', status: '5.6.7', reply };
  });
  return { faults, sayable: recipients.filter((recipient) => !NOT_ASCII.test(recipient)) };
}

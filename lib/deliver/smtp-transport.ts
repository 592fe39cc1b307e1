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
import type { TransportSettings } from '../config/site.ts';
import { inTurn } from './in-turn.ts';
import type { Peer } from './open-socket.ts';
import {
  openSmtpSession,
  type SessionSettings,
  type SmtpOptions,
  type SmtpSession,
  type SmtpTimeouts,
} from './smtp-session.ts';
import {
  type Envelope,
  everyRecipient,
  type MessageSource,
  type Outcome,
  RUN_IS_ENDING,
  type Transport,
  temporaryTrouble,
} from './transport.ts';

/** The settings that lead to a server. */
export type SmtpSettings = Extract<TransportSettings, { readonly type: 'smtp' | 'lmtp' }>;

/** What is not in the site's transport settings. */
export type SmtpTransportOptions = SmtpOptions & {
  /** Recipients of one transaction. */
  readonly maxRecipients: number;
};

/** Connections lost one after another, with nothing delivered between, before the server counts as dead. */
const LOSSES_BEFORE_DEAD = 3;

const GOODBYE_MS = 2_000;

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
      session = await openSmtpSession(smtpPeer(settings), sessionSettings(settings), options, signal);
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
      const { outcomes, heard } = await opened.transact({ sender, recipients, message }, signal);
      // A server may hang up on an idle connection, or after so many messages: that is no answer.
      if (reused && !heard && !opened.alive() && !signal?.aborted) continue;
      if (!signal?.aborted) countLosses(outcomes);
      return outcomes;
    }
  }

  async function send(
    envelope: Envelope,
    message: MessageSource,
    signal?: AbortSignal,
  ): Promise<readonly Outcome[]> {
    const found = new Map<string, Outcome>();
    const recipients = [...new Set(envelope.recipients)];
    for (let start = 0; start < recipients.length; start += options.maxRecipients) {
      const some = recipients.slice(start, start + options.maxRecipients);
      for (const outcome of await transaction(envelope.sender, some, message, signal)) {
        found.set(outcome.recipient, outcome);
      }
    }
    return envelope.recipients.flatMap((recipient) => found.get(recipient) ?? []);
  }

  return {
    send: (envelope, message, signal) => alone(() => send(envelope, message, signal)),
    close: () =>
      alone(async () => {
        await session?.close();
        session = null;
      }),
  };
}

/** Who the settings lead to. */
export function smtpPeer(settings: SmtpSettings): Peer {
  return settings.socket === null ? { host: settings.host, port: settings.port } : { path: settings.socket };
}

function sessionSettings({ type, tls, auth, timeoutMs }: SmtpSettings): SessionSettings {
  const timeouts: SmtpTimeouts = {
    connectMs: timeoutMs,
    greetingMs: timeoutMs,
    helloMs: timeoutMs,
    mailMs: timeoutMs,
    rcptMs: timeoutMs,
    dataMs: timeoutMs,
    blockMs: timeoutMs,
    finalMs: timeoutMs,
    quitMs: GOODBYE_MS,
  };
  return { type, tls, auth, timeouts, dsn: false };
}

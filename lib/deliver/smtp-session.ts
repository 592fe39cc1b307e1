/**
 * One connection to an SMTP or LMTP server: opened, used for transactions one after another, ended.
 * The protocol is smtp-connection's; the judgement is ours (smtp-dialogue.ts).
 *
 * Promises: a transaction always ends, within the patience for one reply of its last sign of life; afterwards
 * the connection is either ready for the next or closed. Nothing waits for a delayed ACK (smtp-connection
 * sends the envelope in one segment and switches Nagle's algorithm off).
 * Fails: opening throws a TemporaryError; a transaction answers with outcomes.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SMTPError } from 'nodemailer/lib/smtp-connection';
import { errorText, TemporaryError } from '../base/errors.ts';
import type { TransportSettings } from '../config/site.ts';
import { openSocket, type Peer, peerName } from './open-socket.ts';
import { readPassword } from './password-file.ts';
import { type Dialogue, outcomesOf, recordDialogue } from './smtp-dialogue.ts';
import { isPositive, oneLineReply } from './smtp-reply.ts';
import {
  everyRecipient,
  type Judgement,
  type MessageSource,
  type Outcome,
  RUN_IS_ENDING,
  temporaryTrouble,
} from './transport.ts';

/** The settings that lead to a server. */
export type SmtpSettings = Extract<TransportSettings, { readonly type: 'smtp' | 'lmtp' }>;

/** What is not in the site's settings. */
export type SmtpOptions = {
  /** Name said in EHLO; the computer's own when it is left out. */
  readonly name?: string;
  /** Certificates (PEM) trusted instead of the system's. */
  readonly ca?: string;
};

/** What a transaction led to. */
export type Transaction = {
  /** One per recipient, in order. */
  readonly outcomes: readonly Outcome[];
  /** False when the server said nothing to MAIL but goodbye: nothing was tried, another connection may do. */
  readonly heard: boolean;
};

/** An open connection. */
export type SmtpSession = {
  /** False once the connection has ended. */
  readonly alive: () => boolean;
  /** True when the server announced the extension (`SMTPUTF8`). */
  readonly offers: (keyword: string) => boolean;
  /** Sends a message to recipients that {@link addressFault} lets pass. One at a time. */
  readonly transact: (
    sender: string,
    recipients: readonly string[],
    message: MessageSource,
    signal?: AbortSignal,
  ) => Promise<Transaction>;
  /** QUIT, waiting at most two seconds for the answer; no handle is left. */
  readonly quit: () => Promise<void>;
};

const GOODBYE_MS = 2_000;
/** Largest reply that is read, bytes: a list of extensions is far below it. */
const MAX_REPLY = 64 * 1024;

/** Who the settings lead to. */
export function smtpPeer(settings: SmtpSettings): Peer {
  return settings.socket === null ? { host: settings.host, port: settings.port } : { path: settings.socket };
}

/**
 * Connects, greets, starts TLS and logs in, as the settings want it.
 *
 * @throws TemporaryError naming the server when any of it fails, or when `signal` is aborted
 */
export async function openSmtpSession(
  settings: SmtpSettings,
  options: SmtpOptions,
  signal?: AbortSignal,
): Promise<SmtpSession> {
  const password = settings.auth ? await readPassword(settings.auth.passwordFile) : '';
  const peer = smtpPeer(settings);
  const { default: Connection } = await import('nodemailer/lib/smtp-connection');
  const socket = await openSocket(peer, settings.timeouts.connectMs, signal);
  const recorder = recordDialogue();
  const connection = new Connection({
    ...connectionOptions(settings, options),
    connection: socket,
    logger: recorder.logger,
    transactionLog: true,
  });
  const session = smtpSession(connection, socket, settings, recorder);
  const failed = await exchange(connection, signal, (done) => connection.connect(done));
  if (failed) {
    session.drop();
    throw new TemporaryError(`${settings.type} server ${peerName(peer)}: ${errorText(failed)}`);
  }
  if (settings.auth) {
    const { user } = settings.auth;
    const refused = connection.allowsAuth
      ? await exchange(connection, signal, (done) => connection.login({ user, pass: password }, done))
      : new Error('the server offers no AUTH');
    if (refused) {
      session.drop();
      const words = `cannot log in to ${settings.type} server ${peerName(peer)} as ${JSON.stringify(user)}`;
      throw new TemporaryError(`${words}: ${errorText(refused)}`);
    }
  }
  return session;
}

function connectionOptions(settings: SmtpSettings, options: SmtpOptions): SMTPConnection.Options {
  const { tls } = settings;
  const timeoutMs = settings.timeouts.rcptMs;
  return {
    host: settings.host,
    port: settings.port,
    lmtp: settings.type === 'lmtp',
    name: options.name,
    secure: tls === 'implicit',
    ignoreTLS: tls === 'never',
    requireTLS: tls === 'required',
    opportunisticTLS: tls === 'opportunistic',
    tls: { rejectUnauthorized: tls !== 'opportunistic', ...(options.ca ? { ca: options.ca } : {}) },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    socketCloseTimeout: GOODBYE_MS,
    maxResponseSize: MAX_REPLY,
  };
}

/**
 * Waits for one callback of the connection, or for the end of the connection, which drops callbacks in some
 * cases. Answers with the failure, or `null`.
 */
function exchange(
  connection: SMTPConnection,
  signal: AbortSignal | undefined,
  start: (done: (error?: SMTPError | null) => void) => void,
): Promise<SMTPError | null> {
  return new Promise((resolve) => {
    const finish = (error?: SMTPError | null): void => {
      connection.removeListener('error', finish);
      connection.removeListener('end', onEnd);
      signal?.removeEventListener('abort', onAbort);
      resolve(error ?? null);
    };
    // The callback, when there is one, comes right after 'end' and knows more.
    const onEnd = (): void => void setImmediate(finish, new Error('the connection was closed'));
    const onAbort = (): void => finish(new Error(RUN_IS_ENDING));
    connection.on('error', finish);
    connection.on('end', onEnd);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    else start(finish);
  });
}

function smtpSession(
  connection: SMTPConnection,
  socket: Socket,
  settings: SmtpSettings,
  recorder: ReturnType<typeof recordDialogue>,
): SmtpSession & { readonly drop: () => void } {
  const lmtp = settings.type === 'lmtp';
  const peer = `${settings.type} server ${peerName(smtpPeer(settings))}`;
  let alive = true;
  // True while the server may still hold a transaction that was not ended by a message.
  let unfinished = false;
  // What breaks between two transactions shows in the next one.
  connection.on('error', () => {});
  connection.once('end', () => {
    alive = false;
  });

  const drop = (): void => {
    connection.close();
    socket.destroy();
  };

  const transact: SmtpSession['transact'] = async (sender, recipients, message, signal) => {
    if (unfinished) {
      const failed = await exchange(connection, signal, (done) => connection.reset(done));
      if (failed) {
        drop();
        const trouble = temporaryTrouble('connection', `${peer}: ${errorText(failed)}`);
        return { outcomes: everyRecipient(recipients, trouble), heard: false };
      }
    }
    unfinished = true;
    const dialogue = recorder.begin();
    const source = message.stream();
    source.on('error', () => {});
    const envelope = { from: sender, to: [...recipients], size: message.size, use8BitMime: true };
    const failed = await exchange(connection, signal, (done) => connection.send(envelope, source, done));
    source.destroy();
    const otherwise = judgeFailure(failed, peer, message.id);
    const outcomes = outcomesOf(recipients, dialogue, lmtp, otherwise);
    if (finished(dialogue, lmtp)) unfinished = false;
    // Mid-message there is no way back to commands, and after nonsense no knowing where we are.
    const midMessage = dialogue.data !== null && /^[23]/.test(dialogue.data) && unfinished;
    const lost = failed?.code === 'ESTREAM' || outcomes.some(({ scope }) => scope === 'connection');
    if (midMessage || lost) drop();
    return { outcomes, heard: dialogue.mail !== null && !dialogue.mail.startsWith('421') };
  };

  const quit = async (): Promise<void> => {
    if (alive) {
      const ended = once(connection, 'end', { signal: AbortSignal.timeout(GOODBYE_MS) });
      connection.quit();
      await ended.catch(() => {});
    }
    drop();
  };
  return { alive: () => alive, offers: recorder.offers, transact, quit, drop };
}

/** True when the message went out whole and every reply to it has come. */
function finished(dialogue: Dialogue, lmtp: boolean): boolean {
  const wanted = lmtp ? dialogue.rcpt.filter(isPositive).length : 1;
  return dialogue.complete && dialogue.final.length === wanted;
}

/** What a failure of smtp-connection means for recipients that got no reply. */
function judgeFailure(failed: SMTPError | null, peer: string, id: string): Judgement {
  if (failed === null) return temporaryTrouble('connection', `${peer}: no reply for this recipient`);
  const words = oneLineReply(errorText(failed));
  if (failed.code === 'ESTREAM') {
    return temporaryTrouble('message', `cannot read the message ${id}: ${words}`);
  }
  if (failed.code === 'EMESSAGE' && failed.response === undefined) {
    // Larger than the server's SIZE (RFC 1870): known before MAIL, which smtp-connection then leaves out.
    return { kind: 'permanent', scope: 'message', status: '5.3.4', reply: `${peer}: ${words}` };
  }
  return temporaryTrouble('connection', `${peer}: ${words}`);
}

/**
 * One connection to an SMTP server or an LMTP server (RFC 2033): opened, used for transactions one after another,
 * ended.
 *
 * Promises: a transaction always ends, by the time-outs at the latest; its outcomes are those of the replies that came,
 * and what got none is temporary. A second transaction may be asked for before the first has ended: with PIPELINING its
 * commands follow right behind the first one's message (RFC 2920 section 3.1), so that a transaction costs one round
 * trip. A transaction that the server may still hold is reset before the next. When the run is told to end, a message that
 * the server has in full is waited for, since a repeat would come twice; everything else is broken off. Nothing waits for a delayed ACK: what
 * belongs together is one write, and Nagle's algorithm is off.
 * Fails: opening throws a ConnectFailure; a transaction answers with outcomes.
 */
import { setMaxListeners } from 'node:events';
import { errorText } from '../base/errors.ts';
import type { SmtpTimeouts } from '../config/site.ts';
import { openSocket, type Peer, peerName } from './open-socket.ts';
import { readPassword } from './password-file.ts';
import type { SmtpServer } from './smtp-extensions.ts';
import { type HelloSettings, type SmtpOptions, sayHello } from './smtp-hello.ts';
import { type SmtpTransaction, smtpTransaction } from './smtp-transaction.ts';
import { conversationText } from './smtp-transcript.ts';
import { type SmtpWire, smtpWire } from './smtp-wire.ts';
import {
  ConnectFailure,
  everyRecipient,
  type Lane,
  RUN_IS_ENDING,
  type Transaction,
  type TransactionResult,
  temporaryTrouble,
} from './transport.ts';

export type { SmtpOptions } from './smtp-hello.ts';

/** How to speak to a server. */
export type SessionSettings = HelloSettings & {
  readonly timeouts: SmtpTimeouts;
  /** DSN options (RFC 3461) where offered: RET=HDRS, NOTIFY=FAILURE, ORCPT. */
  readonly dsn: boolean;
};

/** How long the answer to a whole message is waited for when the run is told to end, milliseconds. */
const LAST_ANSWER_MS = 10_000;

/** An open connection. */
export type SmtpSession = Lane & {
  /** True when the server announced the extension (`SMTPUTF8`). */
  readonly offers: (keyword: string) => boolean;
};

/**
 * Connects, greets, starts TLS and logs in, as the settings want it.
 *
 * @throws ConnectFailure naming the server when any of it fails, or when `signal` is aborted
 */
export async function openSmtpSession(
  peer: Peer,
  settings: SessionSettings,
  options: SmtpOptions,
  signal?: AbortSignal,
): Promise<SmtpSession> {
  const { auth, timeouts, tls, type } = settings;
  const name = `${type} server ${peerName(peer)}`;
  const trust = options.ca === undefined ? {} : { ca: options.ca };
  const beginning: string[] = [];
  let wire: SmtpWire | null = null;
  let session: ReturnType<typeof smtpSession> | null = null;
  const onAbort = (): void => wire?.break(RUN_IS_ENDING);
  // Each connection of a run heeds the run's signal: more of them than Node.js thinks is meant are no leak.
  if (signal !== undefined) setMaxListeners(0, signal);
  try {
    const password = auth ? await readPassword(auth.passwordFile) : '';
    const socket = await openSocket(peer, timeouts.connectMs, signal, tls === 'implicit' ? trust : undefined);
    wire = smtpWire(socket, timeouts, (words) => session?.lost(words));
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    const note = (line: string): void => void beginning.push(line);
    const offered = await sayHello(wire, peer, name, settings, options, password, note);
    const server = { name, lmtp: type === 'lmtp', offered, dsn: settings.dsn, beginning };
    session = smtpSession(wire, server, options.lastAnswerMs ?? LAST_ANSWER_MS);
    return session;
  } catch (error) {
    const words = errorText(error);
    wire?.break(words);
    throw new ConnectFailure(words, conversationText(beginning), { cause: error });
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

function smtpSession(
  wire: SmtpWire,
  server: SmtpServer,
  lastAnswerMs: number,
): SmtpSession & { readonly lost: (words: string) => void } {
  const pipelining = server.offered.has('PIPELINING');
  /** Transactions that have not ended, in their order. */
  let line: SmtpTransaction[] = [];
  /** True while the server may still hold a transaction that was not ended by a message. */
  let unfinished = false;
  /** Waits for the last of them. */
  let onIdle: (() => void) | null = null;
  const heeded = new Set<AbortSignal>();
  let ending: NodeJS.Timeout | null = null;
  const onAbort = (): void => {
    const [first] = line;
    if (first === undefined || ending !== null) return;
    if (first.sent()) ending = setTimeout(() => wire.break(RUN_IS_ENDING), lastAnswerMs);
    else wire.break(RUN_IS_ENDING);
  };

  const pump = (): void => {
    const [first, second] = line;
    if (first === undefined || !wire.alive()) return;
    if (first.ready()) {
      first.begin(unfinished);
      unfinished = false;
    }
    if (pipelining && first.sent() && second?.ready()) second.begin(false);
  };

  const transact: Lane['transact'] = (transaction, signal) => {
    if (signal?.aborted) return Promise.resolve(untried(transaction, RUN_IS_ENDING));
    const failure = wire.failure();
    if (failure !== null) return Promise.resolve(untried(transaction, `${server.name}: ${failure}`));
    if (signal !== undefined && !heeded.has(signal)) {
      heeded.add(signal);
      signal.addEventListener('abort', onAbort);
    }
    return new Promise((resolve) => {
      const one = smtpTransaction(wire, server, transaction, pump, ({ result, open, fatal }) => {
        line = line.filter((other) => other !== one);
        unfinished ||= open;
        resolve(result);
        if (ending !== null) clearTimeout(ending);
        if (fatal !== null) wire.break(fatal);
        else if (ending !== null && line.length > 0) wire.break(RUN_IS_ENDING);
        pump();
        if (line.length === 0) onIdle?.();
      });
      line.push(one);
      one.prepare();
    });
  };

  const lost = (words: string): void => {
    for (const signal of heeded) signal.removeEventListener('abort', onAbort);
    if (ending !== null) clearTimeout(ending);
    for (const one of line) one.lose(words);
  };

  const close = async (): Promise<void> => {
    if (line.length > 0) await new Promise<void>((resolve) => (onIdle = resolve));
    await wire.ask('quit', 'QUIT', 'QUIT').catch(() => {});
    wire.break('the connection was closed');
  };
  return { alive: wire.alive, offers: server.offered.has, transact, close, lost };
}

/** The result of a transaction that did not begin. */
function untried({ recipients }: Transaction, words: string): TransactionResult {
  return { outcomes: everyRecipient(recipients, temporaryTrouble('connection', words)), heard: false };
}

/**
 * What every way of delivery looks like from above: a carrier opens lanes, over a lane go transactions, and each
 * transaction answers with outcomes.
 *
 *     Carrier ──open──▶ Lane ──transact──▶ Outcome per recipient      (SMTP: a host, a connection, a transaction)
 *
 * Promises: `transact` answers with exactly one outcome per recipient, in order.
 * Fails: by outcomes; `transact` throws only for a bug.
 */
import type { Readable } from 'node:stream';
import { TemporaryError } from '../base/errors.ts';

/** A message that can be read as often as needed. */
export type MessageSource = {
  /** Identity: the same when the same message is sent again. */
  readonly id: string;
  /** Bytes, as `stream` yields them. */
  readonly size: number;
  /** The bytes from the start. Whoever calls it reads the stream or destroys it. */
  readonly stream: () => Readable;
  /** All of it at once, where that is quicker; for small ones. */
  readonly read?: () => Promise<Buffer>;
};

/** One transaction to be made, RFC 5321 section 3.3. */
export type Transaction = {
  /** Reverse-path; `''` is the null reverse-path. */
  readonly sender: string;
  /** Forward-paths. */
  readonly recipients: readonly string[];
  readonly message: MessageSource;
  /** Awaited right before the message itself is sent: what came before it is on record then. */
  readonly mayPass?: () => Promise<void>;
};

/** What became of the message for one recipient. */
export type Outcome = {
  readonly recipient: string;
  readonly kind: 'delivered' | 'temporary' | 'permanent';
  /**
   * What a failure is about: this recipient; the message (MAIL or DATA refused); or the connection, which
   * includes our own configuration and disk. `recipient` for what was delivered.
   */
  readonly scope: 'recipient' | 'message' | 'connection';
  /** RFC 3463 enhanced status code (`5.1.1`), when one was given. */
  readonly status: string | null;
  /** The server's words or our own, on one line. */
  readonly reply: string;
  /** What was said, line by line, when it failed: `> ` by us, `< ` by the server; no message, no password. */
  readonly conversation?: string;
  /** The destination is known to be out of reach, and is not tried before this time: milliseconds since the epoch. */
  readonly retryAt?: number;
};

/** An outcome before it is known whose it is. */
export type Judgement = Omit<Outcome, 'recipient' | 'conversation'>;

/** What a transaction led to. */
export type TransactionResult = {
  /** One per recipient, in order. */
  readonly outcomes: readonly Outcome[];
  /** False when the server said nothing to MAIL but goodbye: nothing was tried, another connection may do. */
  readonly heard: boolean;
};

/** A connection, or what stands for one: transactions go over it one after the other. */
export type Lane = {
  /** False once it has ended. */
  readonly alive: () => boolean;
  /**
   * An aborted `signal` makes what is left temporary. A second call may come before the first has answered: it is
   * begun behind it.
   */
  readonly transact: (transaction: Transaction, signal?: AbortSignal) => Promise<TransactionResult>;
  /** Ends it; no handle is left. Does not throw. */
  readonly close: () => Promise<void>;
};

/** A way to one destination. */
export type Carrier = {
  /** For people and for the memory of destinations: `smtp:mail.example.net:587`, `maildir`. */
  readonly name: string;
  /** Lanes that may be open at once. */
  readonly connections: number;
  /** @throws TemporaryError (a {@link ConnectFailure} when something was said) when there is no way through */
  readonly open: (signal?: AbortSignal) => Promise<Lane>;
};

/** No connection, and what was said until then. */
export class ConnectFailure extends TemporaryError {
  override readonly name = 'ConnectFailure';
  /** As in {@link Outcome}. */
  readonly conversation: string;

  constructor(message: string, conversation: string, options?: ErrorOptions) {
    super(message, options);
    this.conversation = conversation;
  }
}

/** The same judgement for each recipient. */
export function everyRecipient(recipients: readonly string[], judgement: Judgement): Outcome[] {
  return recipients.map((recipient) => ({ recipient, ...judgement }));
}

/** Trouble that may pass and is nobody's fault: no status, our own words. */
export function temporaryTrouble(scope: 'message' | 'connection', reply: string): Judgement {
  return { kind: 'temporary', scope, status: null, reply };
}

/** The words for what an aborted signal left undone. */
export const RUN_IS_ENDING = 'not finished: the run is ending';

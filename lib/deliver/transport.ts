/**
 * What every way of delivery looks like from above: an envelope and a message go in, outcomes come out.
 *
 * Promises: `send` answers with exactly one outcome per recipient of the envelope, in the envelope's order.
 * Fails: by outcomes; `send` throws only for a bug.
 */
import type { Readable } from 'node:stream';
import { TemporaryError } from '../base/errors.ts';

/** Who a message is from and for, RFC 5321 section 2.3.1. */
export type Envelope = {
  /** Reverse-path; `''` is the null reverse-path. */
  readonly sender: string;
  /** Forward-paths. */
  readonly recipients: readonly string[];
};

/** A message that can be read as often as needed. */
export type MessageSource = {
  /** Identity: the same when the same message is sent again. */
  readonly id: string;
  /** Bytes, as `stream` yields them. */
  readonly size: number;
  /** The bytes from the start. Whoever calls it reads the stream or destroys it. */
  readonly stream: () => Readable;
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
  /**
   * The SMTP conversation that led to a failure: lines `> MAIL FROM:<…>` and `< 550 …`, at most 8 KB, without the bytes
   * of the message and what proves who we are. Absent when delivered or when there was none.
   */
  readonly conversation?: string;
};

/** An outcome before it is known whose it is. */
export type Judgement = Omit<Outcome, 'recipient' | 'conversation'>;

/** One transaction to be made: RFC 5321 section 3.3. */
export type Transaction = {
  /** Reverse-path; `''` is the null reverse-path. */
  readonly sender: string;
  /** Forward-paths. */
  readonly recipients: readonly string[];
  readonly message: MessageSource;
  /** Awaited right before the message itself is sent, behind 354: what came before is on record then. */
  readonly mayPass?: () => Promise<void>;
};

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
  /** A second call may come before the first has answered: it is begun behind the first, pipelined where the server allows. */
  readonly transact: (transaction: Transaction, signal?: AbortSignal) => Promise<TransactionResult>;
  /** Ends it; no handle is left. Never throws. */
  readonly close: () => Promise<void>;
};

/** No connection came about, or the server did not let us in. */
export class ConnectFailure extends TemporaryError {
  /** What was said, as in {@link Outcome}; `''` when nothing was. */
  readonly conversation: string;

  constructor(message: string, conversation: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConnectFailure';
    this.conversation = conversation;
  }
}

/** A way of delivery, opened for one run. */
export type Transport = {
  /** One outcome per recipient, in order. An aborted `signal` makes what is left temporary. */
  readonly send: (
    envelope: Envelope,
    message: MessageSource,
    signal?: AbortSignal,
  ) => Promise<readonly Outcome[]>;
  /** Ends connections and handles. */
  readonly close: () => Promise<void>;
};

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

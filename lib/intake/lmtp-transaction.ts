/** What a session needs of the house behind it: the contract between dialogue and spool. Types only. */
import type { ListTarget } from './list-target.ts';
import type { Reply } from './lmtp-reply.ts';

/** A message on its way in: the envelope is taken address by address, then the bytes. */
export type Transaction = {
  /** Largest message, octets as RFC 1870 counts them. */
  readonly sizeLimit: number;
  /** What an address means, or the reply that refuses it. */
  readonly recipient: (address: string) => Promise<ListTarget | Reply>;
  /** Takes the message; one reply for each target, in their order. What `message` throws is thrown on. */
  readonly receive: (targets: readonly ListTarget[], message: AsyncIterable<Buffer>) => Promise<Reply[]>;
};

/** Where messages are handed in. */
export type Mailroom = {
  /** Largest message, octets; `null` when that cannot be told now. */
  readonly sizeLimit: () => Promise<number | null>;
  /** Begins a transaction for a reverse-path (`''` null), or refuses it. */
  readonly begin: (sender: string, peer: string) => Promise<Transaction | Reply>;
};

/** What is no failure is told apart before anything is counted, in this order; docs/BOUNCES.md prints it. */
import type { BounceMessage } from './bounce-message.ts';
import { readAutoReply } from './read-auto-reply.ts';
import { readChallenge } from './read-challenge.ts';
import { readComplaint } from './read-complaint.ts';
import { readDelay } from './read-delay.ts';
import { readReceipt } from './read-receipt.ts';
import type { BounceReading } from './reading.ts';

/** A kind of message that is no failure. */
export type Kind = {
  readonly name: string;
  /** What it reads, or `null` when the message is of another kind. */
  readonly read: (message: BounceMessage) => BounceReading | null;
};

/** In the order in which they are asked. */
export const KINDS: readonly Kind[] = [
  { name: 'complaint', read: readComplaint },
  { name: 'receipt', read: readReceipt },
  { name: 'delayed', read: readDelay },
  { name: 'challenge', read: readChallenge },
  { name: 'auto-reply', read: readAutoReply },
];

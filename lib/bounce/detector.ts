/** What detectors are. */
import type { BounceMessage } from './bounce-message.ts';
import type { FoundRecipient } from './listed-recipients.ts';

/**
 * Looks for the notice of one mail system: who did not get the mail, or `null` when it is no such notice. Pure, and
 * quick with any bytes.
 */
export type Detector = (message: BounceMessage) => readonly FoundRecipient[] | null;

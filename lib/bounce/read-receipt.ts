/** Receipts: mail that arrived (RFC 3464) or was shown, deleted, refused by a person (RFC 8098). Pure. */
import type { BounceMessage } from './bounce-message.ts';
import type { BounceReading } from './reading.ts';

/** The receipt in a message, or `null`. A report with one failure or delay is none. */
export function readReceipt({ disposition, reported, contentType }: BounceMessage): BounceReading | null {
  const notified = /\breport-type\s*=\s*"?disposition-notification\b/.test(contentType);
  if (disposition || notified) return { kind: 'receipt', detector: 'mdn' };
  const arrived =
    reported.length > 0 && reported.every(({ action }) => action !== 'failed' && action !== 'delayed');
  return arrived ? { kind: 'receipt', detector: 'dsn' } : null;
}

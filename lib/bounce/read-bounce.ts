/**
 * What a message to a list's -bounces address is, and whom it tells of.
 *
 * Promises: never throws for any bytes, looks at the first megabyte only, names no address that is not in the message
 * or in `context`. Complaints, receipts, delays, challenges and automatic replies are told apart before failures.
 * Fails: what is nothing of all this is `unrecognised`, and for a person to read.
 */
import { affected } from './affected.ts';
import { type BounceContext, type BounceMessage, openBounceMessage } from './bounce-message.ts';
import { DETECTORS } from './detectors.ts';
import { isFromSystem } from './from-system.ts';
import { KINDS } from './kinds.ts';
import type { BounceReading } from './reading.ts';

function readFailure(message: BounceMessage): BounceReading {
  const system = isFromSystem(message);
  for (const { name, detect, anySender } of DETECTORS) {
    if (!system && anySender !== true) continue;
    const found = detect(message);
    const recipients = found === null ? [] : affected(found, message);
    if (recipients.length > 0) return { kind: 'bounce', detector: name, recipients };
  }
  return { kind: 'unrecognised' };
}

/** Reads a message. */
export async function readBounce(message: Buffer, context: BounceContext): Promise<BounceReading> {
  const opened = await openBounceMessage(message, context);
  const failed = opened.reported.some(({ action }) => action === 'failed');
  for (const { name, read } of KINDS) {
    // A report of a failure is one, whatever its other fields say; a complaint is something else.
    if (failed && name !== 'complaint') continue;
    const reading = read(opened);
    if (reading !== null) return reading;
  }
  return readFailure(opened);
}

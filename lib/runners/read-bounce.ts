/**
 * What a message to -bounces is: from the VERP address who is meant, from the RFC 3464 report what happened.
 * Liberal; what is not understood is `unrecognised`.
 */
import type { BounceClass, BouncedRecipient, BounceReading } from '../bounce/reading.ts';
import { automaticKind } from '../mail/automatic.ts';
import { getField, parseHeader } from '../mail/header.ts';
import { readReport } from '../mail/report.ts';

/** What is known of the message beside its bytes. */
export type BounceContext = {
  /** RFC 5321 reverse-path: `''` null, `null` unknown. */
  readonly sender: string | null;
  /** Whom the VERP address names. */
  readonly member: string | null;
};

/** The class by the enhanced status (RFC 3463), which is 5.x.x or 4.x.x. */
function classOf(status: string | null): BounceClass {
  if (status === null) return 'unknown';
  if (/^\d\.2\.2$/.test(status)) return 'full';
  if (status.startsWith('5.7.')) return 'policy';
  return status.startsWith('4') ? 'soft' : 'hard';
}

/** Reads a message to -bounces. Never throws for what is in it. */
export async function readBounce(message: Buffer, { sender, member }: BounceContext): Promise<BounceReading> {
  const report = await readReport(message);
  if (report) {
    const detector = 'rfc3464';
    const failed = report.recipients.filter(({ action }) => action === 'failed');
    if (failed.length === 0) return { kind: 'delayed', detector };
    const recipients = failed.map(
      ({ address, status, diagnostic }): BouncedRecipient => ({
        address: member ?? address,
        status,
        diagnostic,
        class: classOf(status),
      }),
    );
    return { kind: 'bounce', detector, recipients: member === null ? recipients : recipients.slice(0, 1) };
  }
  const header = parseHeader(message);
  const kind = automaticKind(header, sender);
  if (kind === 'replied') return { kind: 'auto-reply', detector: 'auto-submitted' };
  if (kind !== 'null-sender' || member === null) return { kind: 'unrecognised' };
  const diagnostic = getField(header, 'Subject') ?? 'a bounce without a report';
  return {
    kind: 'bounce',
    detector: 'null-sender',
    recipients: [{ address: member, status: null, diagnostic, class: 'unknown' }],
  };
}

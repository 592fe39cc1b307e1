/**
 * Notices about mail that is still on its way: RFC 3464's `delayed`, and what servers write that send no report.
 * Pure.
 */
import type { BounceMessage } from './bounce-message.ts';
import { isFromSystem } from './from-system.ts';
import type { BounceReading } from './reading.ts';

const SUBJECTS = [
  /^(?:re: )?warning: (?:message \S+ delayed|could not send message for past)/i,
  /^delayed mail \(still being retried\)/i,
  /^delivery (?:delayed|status notification ?\(delay\))/i,
  /^(?:mail delivery|delivery) (?:delay(?:ed)? notification|delayed)/i,
  /^message delivery delayed/i,
];

/** At the beginning of a line. */
const SENTENCES = [
  /^\s*\**\s*THIS IS A WARNING MESSAGE ONLY/,
  /^\s*\**\s*YOU DO NOT NEED TO RESEND YOUR MESSAGE/,
  /^A message that you (?:have )?sent has not yet been delivered/i,
  /^A message that you sent could not yet be delivered/i,
  /^(?:The )?delivery (?:to (?:the|these) (?:following )?recipients? )?(?:or groups )?(?:is|has been) delayed/i,
  /^Delivery is delayed to these recipients/i,
  /^Delivery to the following recipients? (?:or groups? )?(?:is|has been) delayed/i,
  /^(?:Your|The) (?:message|mail|e-mail) (?:is|has been) delayed/i,
  /^This is a (?:delivery|mail) delay notification/i,
  /^Die Zustellung (?:an (?:diese|folgende) Empfänger )?(?:ist|wurde) (?:verzögert|bisher)/i,
  /^La remise (?:à ces destinataires )?est (?:retardée|différée)/i,
];

/** Lines of text in which such a sentence stands: what comes later is quoted. */
const OPENING_LINES = 25;

/** The delay a message tells of, or `null`. A report with one failure is none. */
export function readDelay(message: BounceMessage): BounceReading | null {
  const { reported, subject, lines } = message;
  if (reported.length > 0) {
    const delayed = reported.some(({ action }) => action === 'delayed');
    return delayed && reported.every(({ action }) => action !== 'failed')
      ? { kind: 'delayed', detector: 'dsn' }
      : null;
  }
  if (!isFromSystem(message)) return null;
  const told =
    SUBJECTS.some((pattern) => pattern.test(subject)) ||
    lines.slice(0, OPENING_LINES).some((line) => SENTENCES.some((pattern) => pattern.test(line)));
  return told ? { kind: 'delayed', detector: 'delay-text' } : null;
}

/**
 * Challenges: programs that want a person to confirm that he wrote. Nobody answers them, and the address works.
 * Pure.
 */
import { getField, hasField } from '../mail/header.ts';
import type { BounceMessage } from './bounce-message.ts';
import { isFromDaemon } from './from-system.ts';
import type { BounceReading } from './reading.ts';

/** One program: the field, From, the subject or a line by which it is known. All that are given must fit. */
type Challenger = {
  readonly name: string;
  readonly field?: readonly [name: string, value: RegExp];
  readonly from?: RegExp;
  readonly subject?: RegExp;
  readonly line?: RegExp;
};

const CHALLENGERS: readonly Challenger[] = [
  { name: 'tmda', field: ['X-Delivery-Agent', /^TMDA\b/i], subject: /confirm/i },
  { name: 'tmda', from: /-confirm[-+][0-9a-z.-]+@/, subject: /confirm/i },
  { name: 'spamarrest', from: /@spamarrest\.com$/ },
  { name: 'spamarrest', line: /^(?:https?:\/\/)?(?:www\.)?spamarrest\.com\/a2?\?/i },
  { name: 'uol', from: /@(?:antispam\.)?uol\.com\.br$/, subject: /anti-?spam/i },
  { name: 'ask', subject: /^Please confirm \(conf[-#:][0-9a-f]{8,}\)/i },
  { name: 'boxbe', from: /@boxbe\.com$/ },
  {
    name: 'earthlink',
    subject: /spamblocker|suspect e-?mail/i,
    line: /allowed.sender|approved.sender|spamblocker/i,
  },
  { name: 'mailwasher', line: /^\W*(?:your|this) (?:e-?mail|message) (?:is being|was) held .{0,80}verif/i },
  {
    name: 'confirm-subject',
    subject:
      /^(?:re: .{0,100})?(?:please (?:confirm|verify) your (?:message|e-?mail)|confirm your (?:message|e-?mail)|your (?:message|e-?mail) requires (?:confirmation|verification)|sender verification (?:required|request)|verification required for your (?:message|e-?mail)|bitte bestätigen sie ihre (?:nachricht|e-?mail)|merci de confirmer votre message|confirme su mensaje)/i,
  },
];

/** Lines that are looked at. */
const LINES = 60;

function fits({ field, from, subject, line }: Challenger, message: BounceMessage): boolean {
  if (field !== undefined && !field[1].test(getField(message.header, field[0]) ?? '')) return false;
  if (from !== undefined && !from.test(message.from)) return false;
  if (subject !== undefined && !subject.test(message.subject)) return false;
  return line === undefined || message.lines.slice(0, LINES).some((text) => line.test(text.trim()));
}

/** The challenge in a message, or `null`. */
export function readChallenge(message: BounceMessage): BounceReading | null {
  if (hasField(message.header, 'X-Failed-Recipients')) return null;
  const challenger = CHALLENGERS.find((challenger) => fits(challenger, message));
  // Subjects alone say little when a mail server wrote them.
  if (challenger === undefined || (challenger.name === 'confirm-subject' && isFromDaemon(message)))
    return null;
  return { kind: 'challenge', detector: challenger.name };
}

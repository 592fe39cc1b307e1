/** MailMarshal: the reason first, then "The following recipients were affected:". */
import type { Detector } from './detector.ts';
import { listedRecipients, tidyDiagnostic } from './listed-recipients.ts';
import { linesBelow } from './text-form.ts';

const BECAUSE = /^Could not be delivered because of$/i;
const AFFECTED = /^The following recipients? (?:were|was) affected:$/i;

/** The addresses, with the one reason for all. */
export const detectMailmarshal: Detector = ({ lines }) => {
  const reason = linesBelow(lines, BECAUSE, AFFECTED);
  const affected = linesBelow(lines, AFFECTED, /^Additional Information$/i);
  if (reason === null || affected === null) return null;
  const diagnostic = tidyDiagnostic(reason.join(' '));
  const found = listedRecipients(affected).map(({ address }) => ({ address, status: null, diagnostic }));
  return found.length === 0 ? null : found;
};

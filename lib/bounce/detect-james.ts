/** Apache James, and gateways to telephones made of it: the answer, then `RCPT TO:` among the details. */
import type { Detector } from './detector.ts';
import { ADDRESS, readAddress, tidyDiagnostic } from './listed-recipients.ts';
import { linesBelow } from './text-form.ts';

const MESSAGE = /^Error message below:$/i;
const DETAILS = /^Message details:$/i;
const RECIPIENT = new RegExp(`^\\s*RCPT TO: <?(${ADDRESS})>?$`, 'i');

/** The recipients of the details, with what stands before them. */
export const detectJames: Detector = ({ lines }) => {
  const message = linesBelow(lines, MESSAGE, DETAILS);
  if (message === null) return null;
  const diagnostic = tidyDiagnostic(message.join(' '));
  const found = (linesBelow(lines, DETAILS) ?? []).flatMap((line) => {
    const address = readAddress(RECIPIENT.exec(line)?.[1] ?? '');
    return address === null ? [] : [{ address, status: null, diagnostic }];
  });
  return found.length === 0 ? null : found;
};

/** Trend Micro InterScan: the two lines of the session, `Sent <<< RCPT TO:` and `Received >>> 550 …`. */
import type { Detector } from './detector.ts';
import { ADDRESS, readAddress, tidyDiagnostic } from './listed-recipients.ts';

const SENT = new RegExp(`^\\s*Sent <<< RCPT TO: ?<(${ADDRESS})>`, 'i');
const RECEIVED = /^\s*Received >>> ?(5\d\d.*)$/i;

/** Each recipient who was answered with a refusal in the next line. */
export const detectInterscan: Detector = ({ lines }) => {
  const found = lines.flatMap((line, index) => {
    const address = readAddress(SENT.exec(line)?.[1] ?? '');
    const [, reply] = RECEIVED.exec(lines[index + 1] ?? '') ?? [];
    if (address === null || reply === undefined) return [];
    return [{ address, status: null, diagnostic: tidyDiagnostic(reply) }];
  });
  return found.length === 0 ? null : found;
};

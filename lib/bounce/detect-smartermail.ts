/** SmarterMail: `Failed Recipient: …` and `Reason: …`. */
import type { Detector } from './detector.ts';
import { ADDRESS, type FoundRecipient, readAddress, tidyDiagnostic } from './listed-recipients.ts';

const FAILED = new RegExp(`^Failed Recipient: ?<?(${ADDRESS})>?$`, 'i');

/** Each recipient with the reason below it. */
export const detectSmartermail: Detector = ({ lines }) => {
  const found: FoundRecipient[] = [];
  for (const line of lines) {
    const address = readAddress(FAILED.exec(line)?.[1] ?? '');
    const last = found.at(-1);
    if (address !== null) found.push({ address, status: null, diagnostic: null });
    else if (last?.diagnostic === null && /^Reason: /i.test(line)) {
      const diagnostic = tidyDiagnostic(line.replace(/^Reason: (?:Remote host said: )?/i, ''));
      found[found.length - 1] = { ...last, diagnostic };
    }
  }
  return found.length === 0 ? null : found;
};

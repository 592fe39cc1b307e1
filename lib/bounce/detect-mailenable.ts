/** MailEnable: `Recipient: [SMTP:ann@example.org]` and `Reason: …`. */
import type { Detector } from './detector.ts';
import { ADDRESS, type FoundRecipient, readAddress, tidyDiagnostic } from './listed-recipients.ts';

const RECIPIENT = new RegExp(`^\\s*Recipient: \\[(?:SMTP:)?(${ADDRESS})\\]`, 'i');

/** Each recipient with the reason below it. */
export const detectMailenable: Detector = ({ lines }) => {
  const found: FoundRecipient[] = [];
  for (const line of lines) {
    const address = readAddress(RECIPIENT.exec(line)?.[1] ?? '');
    const last = found.at(-1);
    if (address !== null) found.push({ address, status: null, diagnostic: null });
    else if (last !== undefined && /^\s*Reason: /.test(line)) {
      const diagnostic = tidyDiagnostic(line.replace(/^\s*Reason: /, ''));
      found[found.length - 1] = { ...last, diagnostic };
    }
  }
  return found.length === 0 ? null : found;
};

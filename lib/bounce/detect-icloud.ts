/** iCloud in its older form, which is that of Oracle's messaging server (Sun's, iPlanet's) wherever it runs. */
import type { Detector } from './detector.ts';
import { type FoundRecipient, readAddress, tidyDiagnostic } from './listed-recipients.ts';
import { linesBelow } from './text-form.ts';

const START = /^Your message (?:cannot be|was not) delivered to the following recipients?:$/;
const FIELD = /^\s*(Recipient address|Original address|Reason|Diagnostic code): *(.*)$/;

/** Groups of `Recipient address:`, `Original address:`, `Reason:` and `Diagnostic code:`. */
export const detectIcloud: Detector = ({ lines }) => {
  const found: FoundRecipient[] = [];
  for (const line of linesBelow(lines, START) ?? []) {
    const [, name, value = ''] = FIELD.exec(line) ?? [];
    const last = found.at(-1);
    if (name === 'Recipient address') {
      const address = readAddress(value);
      if (address !== null) found.push({ address, status: null, diagnostic: null });
    } else if (name === 'Original address' && last !== undefined) {
      found[found.length - 1] = { ...last, address: readAddress(value) ?? last.address };
    } else if (name !== undefined && last !== undefined) {
      const words = `${last.diagnostic ?? ''} ${value.replace(/^smtp;/, '')}`;
      found[found.length - 1] = { ...last, diagnostic: tidyDiagnostic(words) };
    }
  }
  return found.length === 0 ? null : found;
};

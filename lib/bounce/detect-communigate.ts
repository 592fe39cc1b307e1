/** CommuniGate Pro: `Failed to deliver to 'ann@example.org'`. */
import type { Detector } from './detector.ts';
import { ADDRESS, readAddress, tidyDiagnostic } from './listed-recipients.ts';

const FAILED = new RegExp(`^Failed to deliver to '<?(${ADDRESS}?)>?'`, 'i');

/** Each with the lines below it. */
export const detectCommunigate: Detector = ({ lines }) => {
  const found = lines.flatMap((line, index) => {
    const address = readAddress(FAILED.exec(line)?.[1] ?? '');
    if (address === null) return [];
    const below = lines.slice(index + 1, index + 10);
    const length = below.findIndex((next) => next === '' || FAILED.test(next));
    const words = (length < 0 ? below : below.slice(0, length)).join(' ');
    return [{ address, status: null, diagnostic: tidyDiagnostic(words) }];
  });
  return found.length === 0 ? null : found;
};

/** Mimecast: everything that matters stands behind two hyphens. */
import type { Detector } from './detector.ts';
import { listedRecipients, tidyDiagnostic } from './listed-recipients.ts';
import { linesBelow } from './text-form.ts';

const NOTICE = /^This is a delivery failure notification message indicating that/i;
const ADDRESSED = /email address(?:es)? ?:$/i;
const DASHES = /^--\s*/;

const dashed = (block: readonly string[]): string[] =>
  block.filter((line) => DASHES.test(line)).map((line) => line.replace(DASHES, ''));

/** The addresses, with what stands below "problem" and "information" for all of them. */
export const detectMimecast: Detector = ({ lines }) => {
  const below = linesBelow(lines, NOTICE);
  if (below === null) return null;
  const start = lines.find((line) => NOTICE.test(line)) ?? '';
  const addressed = ADDRESSED.test(start) ? below : (linesBelow(below, ADDRESSED) ?? []);
  const found = listedRecipients(dashed(addressed));
  const reasons = dashed(linesBelow(below, /^could not be delivered\b/i) ?? []);
  return found.length === 0
    ? null
    : found.map(({ address }) => ({
        address,
        status: null,
        diagnostic: tidyDiagnostic(reasons.join(' ')),
      }));
};

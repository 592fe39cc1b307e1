/** GMX, web.de, IONOS (1&1): Exim's words at the beginning, then their own. */
import type { Detector } from './detector.ts';
import { readForms } from './text-form.ts';

const FORMS = [
  // The sentence is broken over two lines, or stands by itself.
  {
    start:
      /^(?:failed|The following address(?:es)? failed|one or more of its recipients\. The following addresses failed):$/,
  },
  { start: /^Die folgenden? (?:E-Mail-)?Adressen? (?:ist|sind) fehlgeschlagen:$/i },
];

/** What stands before the answer, in one of their forms. */
const REASON = /^(?:SMTP error from remote server (?:after|for|in)\b|Reason:$|For the following reason:$)/i;

/** The addresses in quotation marks or brackets or without, the answer below. */
export const detectGmx: Detector = ({ lines }) =>
  lines.some((line) => REASON.test(line)) ? readForms(lines, FORMS) : null;

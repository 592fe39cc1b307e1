/** GMX, web.de, IONOS (1&1): Exim's words at the beginning, then their own. */
import type { Detector } from './detector.ts';
import { readForms } from './text-form.ts';

const FORMS = [
  // The sentence is broken over two lines, or one of the two follows it.
  {
    start:
      /^(?:failed|its recipients.{0,60} failed|one or more of its recipients\. The following addresses failed):$/,
  },
  { start: /^(?:Die folgende(?:n)? (?:E-Mail-)?Adresse(?:n)? (?:ist|sind|war|waren) .{0,40}:)$/i },
];

/** The addresses in quotation marks or brackets, the answer below. */
export const detectGmx: Detector = (message) =>
  message.lines.some((line) => /^SMTP error from remote server (?:after|for|in)\b|^Die folgende/i.test(line))
    ? readForms(message.lines, FORMS)
    : null;

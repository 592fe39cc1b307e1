/** SendGrid and services that write alike: the recipient may be a name with an address. */
import type { Detector } from './detector.ts';
import { readForms } from './text-form.ts';

const FORMS = [
  // The sentence is broken over two lines, here or there.
  { start: /\bto one of its intended recipients\.$/, named: true },
];

/** The recipient below the sentences. */
export const detectSendgrid: Detector = ({ lines }) =>
  lines.some((line) => /^This is an automatically generated message from \w/.test(line))
    ? readForms(lines, FORMS)
    : null;

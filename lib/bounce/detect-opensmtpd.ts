/** OpenSMTPD: "This is the MAILER-DAEMON, please DO NOT REPLY". */
import type { Detector } from './detector.ts';
import { readForms } from './text-form.ts';

const FORMS = [
  { start: /^\s*the following list of recipients:/, end: /^\s*Below is a copy of/, flush: true },
];

/** A line for each recipient. */
export const detectOpensmtpd: Detector = ({ lines }) =>
  lines.some((line) => /^\s*This is the MAILER-DAEMON, please DO NOT REPLY/.test(line))
    ? readForms(lines, FORMS)
    : null;

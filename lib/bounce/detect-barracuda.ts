/** Barracuda's spam firewalls. */
import type { Detector } from './detector.ts';
import { readForms, sentence } from './text-form.ts';

const FORMS = [{ start: sentence('^\\*{0,2}Your message to:? ?{address}') }];

/** The recipient in the sentence; what follows says that it was blocked. */
export const detectBarracuda: Detector = ({ lines }) =>
  lines.some((line) => /\bblocked by our Spam Firewall\b/i.test(line)) ? readForms(lines, FORMS) : null;

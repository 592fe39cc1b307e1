/** Cisco's mail gateways (IronPort). */
import type { Detector } from './detector.ts';
import { readForms, sentence } from './text-form.ts';

const FORMS = [{ start: sentence('^The following message to <{address}> was undeliverable\\.') }];

/** The recipient in the sentence, the reason below it. */
export const detectIronport: Detector = ({ lines }) => readForms(lines, FORMS);

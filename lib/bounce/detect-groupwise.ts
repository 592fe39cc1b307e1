/** Novell GroupWise: the recipient, and the reason in brackets behind it. */
import type { Detector } from './detector.ts';
import { readForms } from './text-form.ts';

const FORMS = [{ start: /^The message that you sent was undeliverable to the following:/i }];

/** `ann@example.org (user not found)` */
export const detectGroupwise: Detector = ({ lines }) => readForms(lines, FORMS);

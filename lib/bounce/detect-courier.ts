/** Courier. */
import type { Detector } from './detector.ts';
import { readForms } from './text-form.ts';

const FORMS = [{ start: /^Your message to the following recipients cannot be delivered:/, flush: true }];

/** Recipients in the first column below the sentence. */
export const detectCourier: Detector = ({ lines }) => readForms(lines, FORMS);

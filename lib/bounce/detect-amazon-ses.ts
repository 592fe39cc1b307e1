/** Amazon SES: notices whose report was lost. */
import type { Detector } from './detector.ts';
import { readForms } from './text-form.ts';

const FORMS = [
  { start: /^An error occurred while trying to deliver the mail to the following recipients?:$/ },
];

/** The addresses below the sentence. */
export const detectAmazonSes: Detector = ({ lines }) => readForms(lines, FORMS);

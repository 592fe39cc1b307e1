/** AOL's own servers, before they became Yahoo's. */
import type { Detector } from './detector.ts';
import { readForms } from './text-form.ts';

const FORMS = [
  {
    start: /^(?:Your|The) mail to the following recipients? could not be delivered/i,
    end: /^-- /,
  },
];

/** Recipients below the sentence. */
export const detectAol: Detector = ({ lines }) => readForms(lines, FORMS);

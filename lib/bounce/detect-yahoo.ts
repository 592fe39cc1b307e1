/** Yahoo, in the form of its own servers and in the later one. */
import type { Detector } from './detector.ts';
import { readForms } from './text-form.ts';

const FORMS = [
  {
    start:
      /^(?:Sorry, we were unable|Unable) to deliver (?:your )?message to the following address(?:es|\(es\))?\.$/,
    flush: true,
  },
];

/** A paragraph for each recipient. */
export const detectYahoo: Detector = ({ lines }) => readForms(lines, FORMS);

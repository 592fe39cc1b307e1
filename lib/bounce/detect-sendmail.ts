/** Sendmail, also of the time before reports, and what was made of it. */
import type { Detector } from './detector.ts';
import { ADDRESS, type FoundRecipient, readAddress, tidyDiagnostic } from './listed-recipients.ts';
import { linesBelow, readForms } from './text-form.ts';

const FORMS = [
  {
    start:
      /^\s*-{3,} ?The following addresses had (?:permanent |fatal |permanent fatal |delivery )?(?:fatal |delivery )?(?:errors|problems) ?-{3,}/i,
    end: /^\s*-{3,} ?\w/,
  },
];
const TRANSCRIPT = /^\s*-{3,} ?Transcript of session follows ?-{3,}/i;
/** `550 5.1.1 <ann@example.org>... User unknown` in the transcript. */
const REFUSED = new RegExp(
  `^(?:<<< )?(5[0-5]\\d(?:[ -]5\\.\\d\\.\\d{1,3})? )<?(${ADDRESS})>?\\.\\.\\. ?(.*)$`,
  'i',
);

function inTranscript(lines: readonly string[]): FoundRecipient[] | null {
  const found = (linesBelow(lines, TRANSCRIPT) ?? []).flatMap((line) => {
    const [, code = '', text = '', words = ''] = REFUSED.exec(line) ?? [];
    const address = readAddress(text);
    return address === null ? [] : [{ address, status: null, diagnostic: tidyDiagnostic(`${code}${words}`) }];
  });
  return found.length === 0 ? null : found;
}

/** The addresses of the first block; in the oldest form those that the transcript names. */
export const detectSendmail: Detector = ({ lines }) => readForms(lines, FORMS) ?? inTranscript(lines);

/** Gmail and Google Workspace: the old notice in plain text, and the new one, in several languages. */
import type { Detector } from './detector.ts';
import { readForms, sentence } from './text-form.ts';

const FORMS = [
  {
    start: /^Delivery to the following recipients? (?:has )?failed permanently:$/,
    // The answer stands two paragraphs further down, where it is found by its code.
    end: /^Technical details of permanent failure/,
  },
  ...[
    "^Your message wasn['’]t delivered to {address}",
    '^Your message to {address} has been (?:blocked|rejected)',
    '^There was a problem delivering your message to {address}',
    '^Ihre Nachricht wurde nicht an {address} zugestellt',
    "^Votre message n['’](?:a pas été (?:distribué|remis)|est pas parvenu) à {address}",
    '^(?:No se ha entregado tu mensaje a|Tu mensaje no se ha entregado a) {address}',
    '^Je bericht is niet bezorgd bij {address}',
    '^メール(?:は|を) ?{address} に配信(?:されませんでした|できませんでした)',
  ].map((source) => ({ start: sentence(source) })),
];

/** The recipient in the sentence or below it. */
export const detectGmail: Detector = ({ lines }) => readForms(lines, FORMS);

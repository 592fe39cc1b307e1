/** Microsoft 365 (Exchange Online): notices whose report was lost, in several languages. */
import type { Detector } from './detector.ts';
import { FAILED_TO } from './exchange-forms.ts';
import { readForms, sentence } from './text-form.ts';

const MARK = /\b(?:Office 365|Microsoft 365|prod\.outlook\.com|protection\.outlook\.com)\b/i;

const FORMS = [
  ...[
    "^Your message to {address} couldn['’]t be delivered",
    '^Ihre Nachricht an {address} konnte nicht (?:zugestellt|übermittelt) werden',
    "^Votre message (?:à|pour) {address} n['’]a pas pu être remis",
    '^No se (?:ha podido|pudo) entregar (?:el|su) mensaje a {address}',
    '^Uw bericht aan {address} (?:kan|kon) niet worden bezorgd',
    '^{address} (?:への|宛ての)メッセージを配信できませんでした',
  ].map((source) => ({ start: sentence(source) })),
  ...FAILED_TO,
];

/** Only with a name of Microsoft's in the text: the sentences are those of Exchange too. */
export const detectMicrosoft365: Detector = ({ lines }) =>
  lines.some((line) => MARK.test(line)) ? readForms(lines, FORMS) : null;

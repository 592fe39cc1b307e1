/** Exchange on premises: 5.5, 2000 and 2003, 2007 and later, in several languages. */
import type { Detector } from './detector.ts';
import { FAILED_TO } from './exchange-forms.ts';
import { tidyDiagnostic } from './listed-recipients.ts';
import { linesBelow, readForms } from './text-form.ts';

/** 5.5 and 2003: each recipient `on` a date, which may be a name without an address. */
const REACHED =
  /^(?:did not reach the following recipient\(s\):|The following recipient\(s\) (?:could|cannot) (?:not )?be reached:|Folgende\(?r?\)? Empfänger (?:konnte\(?n?\)?|können) nicht erreicht werden:|(?:Le|Les|Le\(s\)) destinataires?(?:\(s\))? suivants?(?:\(s\))? n['’](?:a|ont) pu être joints?:|No se puede (?:tener acceso a|localizar a) los siguientes destinatarios:|De volgende geadresseerde\(?n?\)? (?:kan|kunnen) niet worden bereikt:)/i;

const FORMS = [{ start: REACHED, named: true }, ...FAILED_TO];

/** The listed addresses; where there are only names, one recipient without an address. */
export const detectExchange: Detector = ({ lines }) => {
  // MailEnable has the same sentence, but says `Recipient: [SMTP:…]`.
  if (lines.some((line) => /^\s*Recipient: \[/.test(line))) return null;
  const found = readForms(lines, FORMS);
  if (found !== null) return found;
  const named = linesBelow(lines, REACHED);
  return named === null
    ? null
    : [{ address: null, status: null, diagnostic: tidyDiagnostic(named.join(' ')) }];
};

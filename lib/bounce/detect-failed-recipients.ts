/** The field X-Failed-Recipients (Exim, Gmail and others), when the text said nothing we understand. */
import { getFields } from '../mail/header.ts';
import type { Detector } from './detector.ts';
import { addressesIn, tidyDiagnostic } from './listed-recipients.ts';

/** Its addresses, with the beginning of the text as the reason. */
export const detectFailedRecipients: Detector = ({ header, lines }) => {
  const addresses = getFields(header, 'X-Failed-Recipients').flatMap((value) =>
    addressesIn(value.slice(0, 10_000)),
  );
  const diagnostic = tidyDiagnostic(lines.slice(0, 40).join(' '));
  return addresses.length === 0 ? null : addresses.map((address) => ({ address, status: null, diagnostic }));
};

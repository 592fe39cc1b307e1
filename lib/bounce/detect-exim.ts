/** Exim: "The following address(es) failed:", with the field X-Failed-Recipients. */
import type { Detector } from './detector.ts';
import { ADDRESS, type FoundRecipient, readAddress } from './listed-recipients.ts';
import { readForms } from './text-form.ts';

const FORMS = [
  { start: /^(?:recipients\. .{0,60})?The following address(?:es|\(es\))? failed:$/i },
  { start: /\bThe following address(?:es|\(es\))? failed:$/i },
];
/** An alias or a list of the server made this address of ours. */
const GENERATED = new RegExp(`\\((?:ultimately )?generated from (${ADDRESS})\\)\\s*`, 'i');

function original(found: FoundRecipient): FoundRecipient {
  const match = GENERATED.exec(found.diagnostic ?? '');
  const address = match?.[1] === undefined ? null : readAddress(match[1]);
  if (match === null || address === null) return found;
  const rest = (found.diagnostic ?? '').replace(match[0], '').trim();
  return { ...found, address, diagnostic: rest === '' ? null : rest };
}

/** The listed addresses, or those they were generated from. */
export const detectExim: Detector = ({ lines }) => {
  if (!lines.some((line) => /^This message was created automatically by mail delivery software/i.test(line)))
    return null;
  return readForms(lines, FORMS)?.map(original) ?? null;
};

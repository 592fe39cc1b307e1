/** Postfix, and mail systems made of it: notices whose report was lost on the way. */
import type { Detector } from './detector.ts';
import { ADDRESS, type FoundRecipient, listedRecipients, readAddress } from './listed-recipients.ts';
import { linesBelow } from './text-form.ts';

const GREETING = /^This is the (?:mail system|Postfix program|\S{1,80} program) at host /;
const SIGNATURE = /^[ \t]+The (?:mail system|Postfix program|\S{1,80} program)$/;
/** `<new@x> (expanded from <ann@y>): host …`: we sent to the one behind "from". */
const EXPANDED = new RegExp(`^\\(expanded from <(${ADDRESS})>\\):?\\s*`, 'i');

function original(found: FoundRecipient): FoundRecipient {
  const match = EXPANDED.exec(found.diagnostic ?? '');
  const address = match?.[1] === undefined ? null : readAddress(match[1]);
  if (match === null || address === null) return found;
  const rest = (found.diagnostic ?? '').slice(match[0].length);
  return { ...found, address, diagnostic: rest === '' ? null : rest };
}

/** Recipients below the signature, from the first column on. */
export const detectPostfix: Detector = ({ lines }) => {
  if (!lines.some((line) => GREETING.test(line))) return null;
  const found = listedRecipients(linesBelow(lines, SIGNATURE) ?? [], { flush: true });
  return found.length === 0 ? null : found.map(original);
};

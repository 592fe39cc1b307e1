/** Zoho: Exim's words at the beginning, then its own. */
import type { Detector } from './detector.ts';
import { ADDRESS, listedRecipients, readAddress, tidyDiagnostic } from './listed-recipients.ts';
import { linesBelow } from './text-form.ts';

const MARK = /\bERROR_CODE ?:|^\[Status: Error, Address: </;
/** `[Status: Error, Address: <ann@example.org>, ResponseCode 550, , user unknown]` */
const STATUS = new RegExp(`^\\[Status: Error, Address: <(${ADDRESS})>, ?(.*?)\\]?$`, 'i');

/** Bracketed lines, or addresses with `ERROR_CODE` behind them. */
export const detectZoho: Detector = ({ lines }) => {
  if (!lines.some((line) => MARK.test(line))) return null;
  const bracketed = lines.flatMap((line) => {
    const [, text = '', words = ''] = STATUS.exec(line) ?? [];
    const address = readAddress(text);
    const diagnostic = tidyDiagnostic(words.replace(/^ResponseCode:? ?/i, ''));
    return address === null ? [] : [{ address, status: null, diagnostic }];
  });
  const found =
    bracketed.length > 0
      ? bracketed
      : listedRecipients(linesBelow(lines, /\bThis is a permanent error\b/i) ?? lines).map((recipient) => ({
          ...recipient,
          diagnostic: tidyDiagnostic(
            // `ERROR_CODE :550, ERROR_CODE :5.1.1 no such user`
            (recipient.diagnostic ?? '').replace(/,? ?ERROR_CODE ?: ?/g, ' '),
          ),
        }));
  return found.length === 0 ? null : found;
};

/** MDaemon: "The attached message had PERMANENT fatal delivery errors". */
import type { Detector } from './detector.ts';
import { ADDRESS, readAddress } from './listed-recipients.ts';

const MARK = /^The (?:attached )?message had PERMANENT fatal delivery errors/i;
const FAILED = new RegExp(`^\\s*Failed address(?:es)?: ?<?(${ADDRESS})>?`, 'i');

/** `Failed address:`; the answer stands in the transcript of the session. */
export const detectMdaemon: Detector = ({ lines }) => {
  if (!lines.some((line) => MARK.test(line))) return null;
  const found = lines.flatMap((line) => {
    const address = readAddress(FAILED.exec(line)?.[1] ?? '');
    return address === null ? [] : [{ address, status: null, diagnostic: null }];
  });
  return found.length === 0 ? null : found;
};

/** IMail (SMTP32): one line for each recipient, the reason before the address. */
import type { Detector } from './detector.ts';
import { ADDRESS, readAddress } from './listed-recipients.ts';

const LINE = new RegExp(
  `^(Unknown (?:user|host)|User mailbox exceeds allowed size|Invalid final delivery userid|undeliverable to|Mailbox full): ?(${ADDRESS})$`,
  'i',
);
const UNDELIVERABLE = new RegExp(`^(undeliverable to) (${ADDRESS})$`, 'i');

/** Which line says it; what came back follows at once. */
export const detectImail: Detector = ({ lines }) => {
  const found = lines.slice(0, 40).flatMap((line) => {
    const [, words = '', text = ''] = LINE.exec(line) ?? UNDELIVERABLE.exec(line) ?? [];
    const address = readAddress(text);
    return address === null ? [] : [{ address, status: null, diagnostic: words }];
  });
  return found.length === 0 ? null : found;
};

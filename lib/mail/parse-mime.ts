/**
 * The parts of a message. The work is postal-mime's, which is loaded when the first message is parsed.
 * Never fails: a message beyond its limits (nesting, size of headers) counts as one that says nothing.
 */
import type { Email } from 'postal-mime';
import { splitHead } from './head.ts';
import { headerBytes, parseHeader, stripEnvelopeLines } from './header.ts';

/**
 * Text and parts of `message`, attached messages as parts like any other; `null` beyond the limits.
 * An mbox line is left out, and a message without a header section is all text.
 */
export async function parseMime(message: Buffer): Promise<Email | null> {
  const { headLength, bodyStart, eol } = splitHead(message);
  const head = headerBytes(stripEnvelopeLines(parseHeader(message.subarray(0, headLength))));
  const whole = Buffer.concat([head, Buffer.from(eol), message.subarray(bodyStart)]);
  const { default: PostalMime } = await import('postal-mime');
  try {
    return await PostalMime.parse(whole, { forceRfc822Attachments: true });
  } catch {
    return null;
  }
}

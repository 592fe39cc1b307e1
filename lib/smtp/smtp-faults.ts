/**
 * What cannot be sent to a server at all, found before anything is said to it.
 *
 *     address that could end a command            recipient 5.1.3, sender 5.1.7
 *     address beyond ASCII, server lacks SMTPUTF8  5.6.7 (RFC 6531)
 *     message larger than the server's SIZE        5.3.4 (RFC 1870)
 *
 * A fault of the sender or the message is about the message, one of a recipient about him alone.
 */
import { addressFault } from './address-fault.ts';
import { isBeyondAscii } from './smtp-commands.ts';
import type { SmtpExtensions } from './smtp-extensions.ts';
import type { Judgement, Outcome } from './transport.ts';

/** What is wrong with a sender for this server, or `null`. */
export function senderFault(sender: string, offered: SmtpExtensions): Judgement | null {
  const reply = sender === '' ? null : addressFault(sender);
  if (reply !== null) return { kind: 'permanent', scope: 'message', status: '5.1.7', reply };
  if (!isBeyondAscii(sender) || offered.has('SMTPUTF8')) return null;
  return {
    kind: 'permanent',
    scope: 'message',
    status: '5.6.7',
    reply: `the server does not take the sender ${sender}: it lacks SMTPUTF8`,
  };
}

/** What is wrong with a recipient for this server, or `null`. */
export function recipientFault(recipient: string, offered: SmtpExtensions): Judgement | null {
  const reply = addressFault(recipient);
  if (reply !== null) return { kind: 'permanent', scope: 'recipient', status: '5.1.3', reply };
  if (!isBeyondAscii(recipient) || offered.has('SMTPUTF8')) return null;
  return {
    kind: 'permanent',
    scope: 'recipient',
    status: '5.6.7',
    reply: `the server does not take the address ${recipient}: it lacks SMTPUTF8`,
  };
}

/** What is wrong with a message of `size` bytes for the server of this name, or `null`. */
export function sizeFault(size: number, offered: SmtpExtensions, server: string): Judgement | null {
  if (offered.maxSize === null || size <= offered.maxSize) return null;
  return {
    kind: 'permanent',
    scope: 'message',
    status: '5.3.4',
    reply: `${server}: the message has ${size} bytes, the server takes ${offered.maxSize}`,
  };
}

/** One outcome for each recipient, in order: his fault, or for who has none the next of `outcomes`. */
export function withFaults(
  recipients: readonly string[],
  faults: readonly (Judgement | null)[],
  outcomes: readonly Outcome[],
): Outcome[] {
  let next = 0;
  return recipients.flatMap((recipient, position): Outcome | [] => {
    const fault = faults[position] ?? null;
    return fault === null ? (outcomes[next++] ?? []) : { recipient, ...fault };
  });
}

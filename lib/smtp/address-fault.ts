/**
 * Addresses that must not get near a command line or a header, whatever let them into a roster.
 *
 * Promises: what passes has no control character, no angle bracket and no blank at either end, so it can
 * neither end an SMTP command or a header line nor be altered by trimming. It may still be no address.
 */

/** What is wrong with `address` as a path of RFC 5321, as a sentence; `null` when it can be sent as it is. */
export function addressFault(address: string): string | null {
  if (address === '') return 'the address is empty';
  if (/\p{Cc}/u.test(address)) return `the address has a control character: ${JSON.stringify(address)}`;
  if (/[<>]/.test(address)) return `the address has an angle bracket: ${JSON.stringify(address)}`;
  if (address !== address.trim())
    return `the address begins or ends with a blank: ${JSON.stringify(address)}`;
  return null;
}

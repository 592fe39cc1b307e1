/**
 * Whether a mail server wrote a message, or somebody else did. Only what a server wrote is read for sentences about
 * failures: a person may quote them. Pure.
 */
import { hasField } from '../mail/header.ts';
import type { BounceMessage } from './bounce-message.ts';

/** Local parts that servers write under. */
const LOCAL_PARTS =
  /^(?:mailer[-_.]?daemon|post[-_]?master|mail[-_.]?daemon|mdaemon|mail(?:er|delivery)?[-_.]?(?:system|subsystem)|maildelivery|microsoftexchange[0-9a-f]{32}|bounce(?:s|d)?|mailerror|nondelivery|ndr|autoreply-bounce)(?:[+=][^@]*)?@/;
const NAMES =
  /^["']?(?:mail(?:er)?[ -]?(?:delivery|daemon)|internet mail delivery|system administrator|postmaster|mail administrator|zustellung|microsoft outlook$|microsoft exchange)/i;

/** Whether From is a mail server's: MAILER-DAEMON, postmaster and their kin. */
export function isFromDaemon(message: BounceMessage): boolean {
  return LOCAL_PARTS.test(message.from) || NAMES.test(message.fromName);
}

/** Whether a mail server wrote it: the null reverse-path, From, or a field that only servers write. */
export function isFromSystem(message: BounceMessage): boolean {
  return message.sender === '' || isFromDaemon(message) || hasField(message.header, 'X-Failed-Recipients');
}

/** Whom a failure counts against, and how much: what a detector found, set against what the envelope knows. Pure. */
import { addressKey } from '../mail/address.ts';
import { getFields } from '../mail/header.ts';
import type { BounceMessage } from './bounce-message.ts';
import { classify, effectiveStatus } from './classify.ts';
import { isFromDaemon } from './from-system.ts';
import { addressesIn, type FoundRecipient } from './listed-recipients.ts';
import type { BouncedRecipient } from './reading.ts';
import { withReplies } from './with-replies.ts';

/** Recipients that are taken from one message: a transaction has no more of them. */
const RECIPIENT_LIMIT = 1000;

/**
 * The one that the reverse-path names takes the place of all others: a report names whom he forwards his mail to. His
 * own entry is taken where there is one, else the first.
 */
function forMember(found: readonly FoundRecipient[], member: string): FoundRecipient[] {
  const key = addressKey(member);
  const own = found.find(({ address }) => address !== null && addressKey(address) === key) ?? found[0];
  return own === undefined ? [] : [{ ...own, address: member }];
}

/** X-Failed-Recipients where the notice gave no address. */
function withField(found: readonly FoundRecipient[], message: BounceMessage): FoundRecipient[] {
  const told = found.filter(({ address }) => address !== null);
  const [nameless] = found;
  if (told.length > 0 || nameless === undefined) return told;
  return getFields(message.header, 'X-Failed-Recipients')
    .flatMap((value) => addressesIn(value.slice(0, 10_000)))
    .map((address) => ({ ...nameless, address }));
}

/** Whom the notice is from and to: they stand in its text too, and are not who failed. */
function correspondents(message: BounceMessage): string[] {
  const to = getFields(message.header, 'To').flatMap((value) => addressesIn(value.slice(0, 10_000)));
  return [...to, ...(isFromDaemon(message) ? [message.from] : [])].map(addressKey);
}

/** Who did not get the mail, each once, with status and class; empty when nobody can be named. */
export function affected(found: readonly FoundRecipient[], message: BounceMessage): BouncedRecipient[] {
  const complete = withReplies(found.slice(0, RECIPIENT_LIMIT), message.lines);
  const named = message.member === null ? withField(complete, message) : forMember(complete, message.member);
  const others = correspondents(message);
  const recipients = new Map<string, BouncedRecipient>();
  for (const { address, status, diagnostic } of named) {
    if (address === null || recipients.has(addressKey(address))) continue;
    if (address !== message.member && others.includes(addressKey(address))) continue;
    recipients.set(addressKey(address), {
      address,
      status: effectiveStatus(status, diagnostic),
      diagnostic,
      class: classify(status, diagnostic),
    });
  }
  return [...recipients.values()];
}

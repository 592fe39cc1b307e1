/**
 * The words of the server's notices. Plain functions from facts to text. Lines stay below 78 characters, but for
 * commands to be copied and words, such as addresses, that are longer themselves.
 */
import { formatDuration } from '../base/duration.ts';
import type { ListSettings } from '../config/site.ts';
import { listAddress } from '../mail/list-address.ts';
import { fill } from './fill.ts';

/** Subject and text of a notice. */
export type Words = { readonly subject: string; readonly text: string };

/** The lines below the words for a member. */
export function footer(list: ListSettings): string {
  return `-- \n${list.address}\nHelp: ${listAddress(list, 'request')}\nOwners: ${listAddress(list, 'owner')}\n`;
}

/** To the owners: a post waits for them. */
export function heldWords(
  list: ListSettings,
  id: string,
  author: string | null,
  subject: string,
  reason: string,
): Words {
  return {
    subject: `A post to ${list.name} is waiting for you`,
    text: `${fill(`A post to ${list.address} was held.`)}

${fill(author ?? '(unknown)', '    From:    ')}
${fill(subject, '    Subject: ')}
${fill(reason, '    Reason:  ')}

On the list server, to read it, to let it through, or to drop it:

    qrunner queue show ${id}
    qrunner queue release ${id}
    qrunner queue delete ${id}

Its header section is below.
`,
  };
}

/** To the author: the post was not taken. */
export function rejectedWords(list: ListSettings, subject: string, reason: string): Words {
  return {
    subject: `Your post to ${list.name} was not accepted`,
    text: `${fill(`Your message to ${list.address} was not accepted.`)}

${fill(subject, '    Subject: ')}
${fill(reason, '    Reason:  ')}

${fill(`If you think this is wrong, write to ${listAddress(list, 'owner')}.`)}
The header section of your message is below; the list keeps no copy.

${footer(list)}`,
  };
}

/** To whoever asked, or was said to ask: confirm with a token. `lifeMs`: how long it holds, milliseconds. */
export function confirmWords(
  list: ListSettings,
  kind: 'join' | 'leave',
  address: string,
  token: string,
  lifeMs: number,
): Words {
  const asked = `Somebody, we think you, asked to ${kind} the mailing list ${list.address} with the address ${address}.`;
  return {
    subject: `confirm ${token}`,
    text: `${fill(asked)}

To confirm, reply to this message and leave the subject as it is.

${fill(`If it was not you, do nothing; the request ends by itself in ${formatDuration(lifeMs)}.`)}

${footer(list)}`,
  };
}

/** To a new member. */
export function welcomeWords(list: ListSettings, address: string): Words {
  return {
    subject: `Welcome to ${list.name}`,
    text: `${fill(`${address} is now a member of ${list.address}.`)}
${list.description === '' ? '' : `\n${fill(list.description, '    ')}\n`}
${fill(`To post, write to ${list.address}.`)}
${fill(`To leave, write to ${listAddress(list, 'leave')}.`)}

${footer(list)}`,
  };
}

/** To a former member. */
export function goodbyeWords(list: ListSettings, address: string): Words {
  return {
    subject: `You have left ${list.name}`,
    text: `${fill(`${address} is no longer a member of ${list.address}.`)}

${footer(list)}`,
  };
}

/** To the owners: the mail server refused a post as such, which says nothing about the members. */
export function refusedWords(list: ListSettings, count: number, reply: string): Words {
  const told =
    `The mail server refused a post to ${list.address} for ${count} ${count === 1 ? 'member' : 'members'}. ` +
    'It refused the message, not the members; nobody was counted as bouncing and it is not tried again.';
  return {
    subject: `A post to ${list.name} was refused by the mail server`,
    text: `${fill(told)}

${fill(reply, '    Reply: ')}

Its header section is below.
`,
  };
}

/** Addresses that a notice names. */
const ADDRESSES_NAMED = 10;

/** To the owners: members wait for a post. Times in milliseconds. */
export function delayedWords(
  list: ListSettings,
  addresses: readonly string[],
  { reply, warnMs, giveUpMs }: { readonly reply: string; readonly warnMs: number; readonly giveUpMs: number },
): Words {
  const count = addresses.length === 1 ? 'one member' : `${addresses.length} members`;
  const told =
    `A post to ${list.address} could not be delivered to ${count} for ${formatDuration(warnMs)}. ` +
    `It is tried again until ${formatDuration(giveUpMs)} are over; you need not do anything.`;
  const named = addresses.slice(0, ADDRESSES_NAMED).map((address) => `    ${address}\n`);
  const more = addresses.length - named.length;
  return {
    subject: `A post to ${list.name} is delayed for ${count}`,
    text: `${fill(told)}

${named.join('')}${more > 0 ? `    and ${more} more\n` : ''}
${fill(reply, '    Reply: ')}

On the list server, what waits, and which servers are out of reach:

    qrunner queue ls retry
    qrunner destinations

The post's header section is below.
`,
  };
}

/** The answer to help. */
export function helpText(list: ListSettings): string {
  return `${fill(`Commands for ${listAddress(list, 'request')}, one on a line, in the subject or the text:`)}

    help             this text
    join             join the list (also: subscribe)
    leave            leave the list (also: unsubscribe, remove)
    confirm TOKEN    confirm what you asked for
    who              the members, if you may see them
    echo WORDS       the words back, to try the way
    end              what follows is not a command (also: stop, quit)

To join or to leave without words, or to reach the owners, write to

    ${listAddress(list, 'join')}
    ${listAddress(list, 'leave')}
    ${listAddress(list, 'owner')}
`;
}

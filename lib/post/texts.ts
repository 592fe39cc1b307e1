/** The words of the server's notices. Plain functions from facts to text; lines stay below 76 characters. */
import { formatDuration } from '../base/duration.ts';
import { listAddress } from '../mail/list-address.ts';
import type { ListSettings } from '../config/site.ts';

/** Subject and text of a notice. */
export type Words = { readonly subject: string; readonly text: string };

function footer(list: ListSettings): string {
  return `-- \n${list.address}\nHelp: ${listAddress(list, 'request')} with the subject "help"\nOwners: ${listAddress(list, 'owner')}\n`;
}

/** To the owners: a post waits for them. */
export function heldWords(list: ListSettings, id: string, author: string | null, subject: string, reason: string): Words {
  return {
    subject: `A post to ${list.name} is waiting for you`,
    text: `A post to ${list.address} was held.

    From:    ${author ?? '(unknown)'}
    Subject: ${subject}
    Reason:  ${reason}

On the list server:

    qrunner queue show ${id}       to read it
    qrunner queue release ${id}    to let it through
    qrunner queue delete ${id}     to drop it

Its header section is below.
`,
  };
}

/** To the author: the post was not taken. */
export function rejectedWords(list: ListSettings, subject: string, reason: string): Words {
  return {
    subject: `Your post to ${list.name} was not accepted`,
    text: `Your message to ${list.address} was not accepted.

    Subject: ${subject}
    Reason:  ${reason}

If you think this is wrong, write to ${listAddress(list, 'owner')}.
The header section of your message is below; the list keeps no copy.

${footer(list)}`,
  };
}

/** To whoever asked, or was said to ask: confirm with a token. */
export function confirmWords(list: ListSettings, kind: 'join' | 'leave', address: string, token: string, lifeMs: number): Words {
  const act = kind === 'join' ? 'to join' : 'to leave';
  return {
    subject: `confirm ${token}`,
    text: `Somebody, we think you, asked ${act} the mailing list
${list.address} with the address ${address}.

To confirm, reply to this message and leave the subject as it is.

If it was not you, do nothing; the request ends by itself in
${formatDuration(lifeMs)}.

${footer(list)}`,
  };
}

/** To a new member. */
export function welcomeWords(list: ListSettings, address: string): Words {
  return {
    subject: `Welcome to ${list.name}`,
    text: `${address} is now a member of ${list.address}.
${list.description === '' ? '' : `\n    ${list.description}\n`}
To post, write to ${list.address}.
To leave, write to ${listAddress(list, 'leave')}.

${footer(list)}`,
  };
}

/** To a former member. */
export function goodbyeWords(list: ListSettings, address: string): Words {
  return {
    subject: `You have left ${list.name}`,
    text: `${address} is no longer a member of ${list.address}.

${footer(list)}`,
  };
}

/** To the owners: delivery to a member was stopped. */
export function stoppedWords(list: ListSettings, address: string, score: number, diagnostic: string): Words {
  return {
    subject: `Delivery to ${address} was stopped`,
    text: `Mail of ${list.address} to its member ${address} bounced
on ${score} days. Delivery to this member was stopped.

    Last report: ${diagnostic}

On the list server, to start it again or to remove the member:

    qrunner member set ${list.name} ${address} --delivery enabled
    qrunner member rm ${list.name} ${address}
`,
  };
}

/** To the owners: the mail server refused a post as such, which says nothing about the members. */
export function refusedWords(list: ListSettings, count: number, reply: string): Words {
  return {
    subject: `A post to ${list.name} was refused by the mail server`,
    text: `The mail server refused a post to ${list.address} for ${count}
member${count === 1 ? '' : 's'}. It refused the message, not the members; nobody was counted as
bouncing and it is not tried again.

    Reply: ${reply}

Its header section is below.
`,
  };
}

/** The answer to help. */
export function helpText(list: ListSettings): string {
  return `Commands for ${listAddress(list, 'request')}, one on a line, in the
subject or the text:

    help             this text
    join             join the list (also: subscribe)
    leave            leave the list (also: unsubscribe, remove)
    confirm TOKEN    confirm what you asked for
    who              the members, if you may see them
    echo WORDS       the words back, to try the way
    end              what follows is not a command (also: stop, quit)

To join without words: ${listAddress(list, 'join')}
To leave without words: ${listAddress(list, 'leave')}
To reach the owners: ${listAddress(list, 'owner')}
`;
}

/** The words about bounces, for members and for owners. Plain functions from facts to text; see texts.ts. */
import { formatDuration } from '../base/duration.ts';
import type { ListSettings } from '../config/site.ts';
import type { Warning } from '../list/judge-bounces.ts';
import { confirmAddress, listAddress } from '../mail/list-address.ts';
import { fill } from './fill.ts';
import { footer, type Words } from './texts.ts';

/** A member, and the words of his last bounce. */
export type BouncedMember = { readonly address: string; readonly diagnostic: string };

/** To a member: a mail that is sent to see whether it comes back. */
export function probeWords(list: ListSettings, { address, diagnostic }: BouncedMember): Words {
  return {
    subject: `${list.name}: do you get our mail?`,
    text: `${fill(`Mail of the list ${list.address} to ${address} came back. The last report was:`)}

${fill(diagnostic, '    ')}

${fill('This mail was sent to see whether your address works. You have got it, so all is well: you need not do anything, and the reports are forgotten.')}

${fill('If this mail comes back to us as well, the list sends you no more.')}

${footer(list)}`,
  };
}

/** To a member whose delivery was stopped: how to have it again. */
export function warningWords(
  list: ListSettings,
  { address, diagnostic }: BouncedMember,
  { token, number, of, nextAt }: Warning,
): Words {
  const last = number === of;
  const reply = confirmAddress(list, token);
  const direct = reply !== listAddress(list, 'request');
  const next =
    nextAt === null
      ? 'You stay a member of the list without getting its mail.'
      : `If you do nothing, ${last ? 'you are removed from the list' : 'you are reminded again'} on ${dayWords(nextAt)}.`;
  return {
    subject: direct ? `${list.name}: you get no more mail of the list` : `confirm ${token}`,
    text: `${fill(`Mail of the list ${list.address} to ${address} came back, so the list sends you no more. The last report was:`)}

${fill(diagnostic, '    ')}

${fill(`To get mail of the list again, reply to this mail${direct ? '; what you write does not matter' : ' and leave the subject as it is'}. The reply goes to`)}

    ${reply}

${fill(next)}

${fill(`This is notice ${number} of ${of}. Only the latest one can be replied to.`)}

${footer(list)}`,
  };
}

/** To a member who has replied. */
export function enabledWords(list: ListSettings, address: string): Words {
  return {
    subject: `${list.name}: you get mail of the list again`,
    text: `${fill(`From now on ${address} gets mail of ${list.address} again.`)}

${footer(list)}`,
  };
}

/** To the owners: delivery to members was stopped. */
export function stoppedWords(
  list: ListSettings,
  members: readonly (BouncedMember & { readonly probed: boolean })[],
): Words {
  const who = counted(members.length);
  const [first] = members;
  return {
    subject:
      members.length === 1 && first
        ? `Delivery to ${first.address} was stopped`
        : `Delivery to ${who} of ${list.name} was stopped`,
    text: `${fill(`Mail of ${list.address} to ${who} came back. Delivery to ${members.length === 1 ? 'this member' : 'them'} was stopped.${fate(list)}`)}

${members.map((member) => entryLines(member, member.probed ? 'a probe came back, too' : 'no probe was sent')).join('\n')}

On the list server, to see what happened, to start delivery again, or to
remove a member:

    qrunner member log ${list.address} ${first?.address ?? 'ADDRESS'}
    qrunner member set ${list.address} ${first?.address ?? 'ADDRESS'} --delivery enabled
    qrunner member rm ${list.address} ${first?.address ?? 'ADDRESS'}
`,
  };
}

/** To the owners: members whose mail comes back were removed. */
export function removedWords(list: ListSettings, members: readonly BouncedMember[]): Words {
  const who = counted(members.length);
  const [first] = members;
  return {
    subject:
      members.length === 1 && first
        ? `${first.address} was removed from ${list.name}`
        : `${who} were removed from ${list.name}`,
    text: `${fill(`Mail of ${list.address} to ${who} came back, the warnings were not answered, and ${members.length === 1 ? 'the member was' : 'they were'} removed from the list.`)}

${members.map((member) => entryLines(member)).join('\n')}

On the list server, to see what happened, or to add a member again:

    qrunner member log ${list.address} ${first?.address ?? 'ADDRESS'}
    qrunner member add ${list.address} ${first?.address ?? 'ADDRESS'}
`,
  };
}

/** To the owners, who decide by themselves: members whose score has reached the threshold. */
export function toldWords(list: ListSettings, members: readonly BouncedMember[]): Words {
  const who = counted(members.length);
  const [first] = members;
  return {
    subject:
      members.length === 1 && first
        ? `Mail to ${first.address} keeps coming back`
        : `Mail to ${who} of ${list.name} keeps coming back`,
    text: `${fill(`Mail of ${list.address} to ${who} keeps coming back. Nothing was done about it, as bounces.action is notify.`)}

${members.map((member) => entryLines(member)).join('\n')}

On the list server, to see what happened, to stop delivery, or to remove
a member:

    qrunner member log ${list.address} ${first?.address ?? 'ADDRESS'}
    qrunner member set ${list.address} ${first?.address ?? 'ADDRESS'} --delivery disabled
    qrunner member rm ${list.address} ${first?.address ?? 'ADDRESS'}
`,
  };
}

/** To the owners: so many members bounce that it cannot be theirs. */
export function alarmWords(list: ListSettings, bounced: number, members: number, diagnostic: string): Words {
  return {
    subject: `Mail of ${list.name} comes back from many members`,
    text: `${fill(`Today mail of ${list.address} came back from ${bounced} of ${members} members. That many members do not go away on one day: it is more likely that the list's own mail is refused.`)}

${fill(diagnostic, '    Last report: ')}

${fill('No bounce of today (UTC) is counted, and what had been counted today was taken back; nobody was stopped by it. Look whether the server is on a block list, whether its name and its SPF and DKIM records are right, and what the post was that came back.')}

${fill('There is one such mail a day.')}
`,
  };
}

/** What was done about a complaint, in words for the owners. */
const DONE: Readonly<Record<'unsubscribed' | 'disabled' | 'told', string>> = {
  unsubscribed: 'He was removed from the list.',
  disabled: 'Delivery to him was disabled; he stays a member.',
  told: 'Nothing was done about it.',
};

/** To the owners: a member called mail of the list spam. */
export function complaintWords(
  list: ListSettings,
  address: string,
  feedbackType: string,
  done: keyof typeof DONE,
): Words {
  return {
    subject: `${address} complained about mail of ${list.name}`,
    text: `${fill(`A report (${feedbackType}) says that the member ${address} complained about mail of ${list.address} as unwanted. ${DONE[done]}`)}

${fill('Such reports are not signed: whoever can write to the list can write one.')}

    qrunner member log ${list.address} ${address}
`,
  };
}

/** What comes after delivery was stopped. */
function fate({ bounces }: ListSettings): string {
  const { warnings, warnEveryMs, remove } = bounces;
  const told =
    warnings === 0
      ? ''
      : ` ${warnings === 1 ? 'One warning is' : `${warnings} warnings are`} sent, ${formatDuration(warnEveryMs)} apart.`;
  return remove ? `${told} Who does not answer is removed.` : told;
}

function counted(count: number): string {
  return count === 1 ? 'one member' : `${count} members`;
}

function entryLines({ address, diagnostic }: BouncedMember, more?: string): string {
  const said = fill(diagnostic, '      ');
  return `${fill(address, '    ')}\n${said}${more === undefined ? '' : `\n${fill(more, '      ')}`}`;
}

/** `2026-05-04`, in UTC: the words of a language would change with the version of Node. */
function dayWords(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

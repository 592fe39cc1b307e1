/**
 * Carrying out the commands of one message. Changes the state, so it runs inside the transaction that records
 * its effect; what comes out is plain data, from which the notices are written each time alike.
 */
import { unreachable } from '../base/errors.ts';
import type { ListSettings } from '../config/site.ts';
import {
  CONFIRMED_KINDS,
  createPending,
  PENDING_LIFE_MS,
  type Pending,
  takePending,
} from '../list/pending.ts';
import { addMember, findMember, listMembers, removeMember, setMember } from '../list/roster.ts';
import { addressKey } from '../mail/address.ts';
import { confirmAddress, listAddress } from '../mail/list-address.ts';
import type { Database } from '../state/connection.ts';
import { enabledWords } from './bounce-texts.ts';
import type { Command } from './command.ts';
import { fill } from './fill.ts';
import { confirmWords, goodbyeWords, helpText, welcomeWords } from './texts.ts';

/** A letter to be written. */
export type Letter = {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** Address that replies go to; the owners' when `null`. */
  readonly from: string | null;
};

/** What the commands of one message brought. */
export type Answer = {
  /** Lines for the person who wrote, in the order of his commands. */
  readonly results: string[];
  readonly letters: Letter[];
};

/** Carries the commands out for the person who wrote from `author`. Call inside a transaction. */
export function answerAll(
  db: Database,
  list: ListSettings,
  author: string,
  name: string,
  commands: readonly Command[],
  now: number,
): Answer {
  const answer: Answer = { results: [], letters: [] };
  for (const command of commands) answerOne(db, list, { author, name, now }, command, answer);
  return answer;
}

type Asking = { readonly author: string; readonly name: string; readonly now: number };

function answerOne(db: Database, list: ListSettings, asking: Asking, command: Command, answer: Answer): void {
  const { results } = answer;
  switch (command.kind) {
    case 'help':
      results.push(helpText(list));
      break;
    case 'echo':
      results.push(`echo: ${command.words}`);
      break;
    case 'who':
      results.push(who(db, list, asking.author));
      break;
    case 'join':
    case 'leave':
      ask(db, list, asking, command.kind, answer);
      break;
    case 'confirm':
      confirm(db, list, asking, command.token, answer);
      break;
    case 'unknown':
      results.push(
        `"${command.line.slice(0, 100)}" is not a command. The commands are:\n\n${helpText(list)}`,
      );
      break;
    default:
      unreachable(command);
  }
}

function owns(list: ListSettings, address: string): boolean {
  return list.owners.some((owner) => addressKey(owner) === addressKey(address));
}

function who(db: Database, list: ListSettings, author: string): string {
  const may =
    owns(list, author) || (list.roster === 'members' && findMember(db, list.address, author) !== null);
  if (!may) {
    const those = list.roster === 'members' ? 'members and owners' : 'owners';
    return fill(`who: only ${those} of ${list.address} may see its members.`);
  }
  const members = listMembers(db, list.address).map(
    ({ address, name, delivery }) =>
      `    ${address}${name === '' ? '' : ` (${name})`}${delivery === 'enabled' ? '' : `  [delivery ${delivery}]`}`,
  );
  return `${members.length} members of ${list.address}:\n\n${members.join('\n')}\n`;
}

/**
 * A token goes to the address, whether it is a member or not: what is told in public would let anybody find out
 * who is. The token then tells the truth.
 */
function ask(db: Database, list: ListSettings, asking: Asking, kind: 'join' | 'leave', answer: Answer): void {
  if (kind === 'join' && list.subscribe === 'closed') {
    answer.results.push(
      fill(`join: ${list.address} is closed. Its owners add members: ${listAddress(list, 'owner')}`),
    );
    return;
  }
  const address = asking.author;
  const request = { kind, list: list.address, address, data: { name: asking.name } };
  const token = createPending(db, request, PENDING_LIFE_MS, asking.now);
  answer.letters.push({
    to: address,
    from: confirmAddress(list, token),
    ...confirmWords(list, kind, address, token, PENDING_LIFE_MS),
  });
}

/** Thrown to give a token back. */
class OtherList extends Error {}

/** Uses a token up, unless it is another list's: there it stays good. */
function takeOwn(db: Database, list: ListSettings, token: string, now: number): Pending | null {
  try {
    return db.transaction(() => {
      const pending = takePending(db, token, now, CONFIRMED_KINDS);
      if (pending !== null && pending.list !== list.address) throw new OtherList();
      return pending;
    });
  } catch (error) {
    if (error instanceof OtherList) return null;
    throw error;
  }
}

function confirm(db: Database, list: ListSettings, asking: Asking, token: string, answer: Answer): void {
  const pending = takeOwn(db, list, token, asking.now);
  if (pending === null) {
    answer.results.push(
      fill('confirm: this token is not known here. It may have expired, or been used before; ask again.'),
    );
    return;
  }
  const { address, data } = pending;
  if (pending.kind === 'leave') {
    const left = removeMember(db, list.address, address, { by: 'by mail, confirmed', at: asking.now });
    if (left) answer.letters.push({ to: address, from: null, ...goodbyeWords(list, address) });
    else answer.results.push(fill(`leave: ${address} is not a member of ${list.address}.`));
    return;
  }
  if (pending.kind === 'enable') {
    enable(db, list, address, asking.now, answer);
    return;
  }
  const known = typeof data === 'object' && data !== null && 'name' in data ? data.name : null;
  const name = typeof known === 'string' ? known : '';
  const added = addMember(db, list.address, { address, name }, asking.now, 'by mail, confirmed');
  if (added === 'added') answer.letters.push({ to: address, from: null, ...welcomeWords(list, address) });
  else answer.results.push(fill(`join: ${address} is a member of ${list.address} already.`));
}

/** Delivery that bounces had stopped begins again; what a person has disabled stays so. */
function enable(db: Database, list: ListSettings, address: string, now: number, answer: Answer): void {
  const member = findMember(db, list.address, address);
  if (member === null) {
    const join = listAddress(list, 'join');
    answer.results.push(
      fill(`${address} is no member of ${list.address} any more. To join, write to ${join}.`),
    );
  } else if (member.delivery === 'bouncing') {
    const made = { by: 'by the member, with a token', at: now };
    setMember(db, list.address, address, { delivery: 'enabled' }, made);
    answer.letters.push({ to: address, from: null, ...enabledWords(list, address) });
  } else {
    answer.results.push(fill(`Delivery to ${address} is ${member.delivery}; nothing was changed.`));
  }
}

/**
 * A member called mail of the list spam, and his provider sent a report (ARF, RFC 5965). The list's setting says what is
 * done. Reports are not signed, so no mail goes to the member, and by default nothing is done that cannot be undone.
 */
import { unreachable } from '../base/errors.ts';
import type { ListSettings } from '../config/site.ts';
import { dayOf } from '../list/bounce-score.ts';
import { logMember, memberLog } from '../list/member-log.ts';
import { findMember, removeMember, setMember } from '../list/roster.ts';
import { complaintWords } from '../post/bounce-texts.ts';
import { noticeOutput } from '../post/notice.ts';
import type { Entry, Output } from '../spool/entry.ts';
import type { Database } from '../state/connection.ts';
import { once } from '../state/effects.ts';
import type { Verdict } from './runner.ts';
import type { Services } from './services.ts';

/** Addresses of one report that are looked at. */
const ADDRESSES = 10;

/** What became of a complaint; the owners are told of the first three. */
type Outcome = 'unsubscribed' | 'disabled' | 'told' | 'not-a-member' | 'known' | 'ignored';

/** Does what the list says about complaints of its members. */
export async function seeToComplaint(
  services: Services,
  list: ListSettings,
  entry: Entry,
  addresses: readonly string[],
  feedbackType: string,
): Promise<Verdict> {
  // The one report that says the contrary: it was taken for spam by mistake.
  if (/^not-spam$/i.test(feedbackType)) return { kind: 'done', outputs: [], note: 'complaint: not spam' };
  const db = await services.database();
  const results = once(db, entry.id, 'complaint', () =>
    addresses.slice(0, ADDRESSES).map((address) => ({
      address,
      outcome: decide(db, list, address, feedbackType, entry.receivedAt),
    })),
  );
  const outputs: Output[] = [];
  for (const [index, { address, outcome }] of results.entries()) {
    if (outcome !== 'unsubscribed' && outcome !== 'disabled' && outcome !== 'told') continue;
    const words = complaintWords(list, address, feedbackType, outcome);
    outputs.push(await noticeOutput(entry, list, { tag: `complaint${index}`, to: list.owners, ...words }));
  }
  const note = results.map(({ address, outcome }) => `${outcome} ${address}`).join(', ');
  return { kind: 'done', outputs, note: `complaint: ${note === '' ? 'of nobody' : note}` };
}

function decide(
  db: Database,
  list: ListSettings,
  address: string,
  feedbackType: string,
  at: number,
): Outcome {
  const member = findMember(db, list.address, address);
  if (member === null) return 'not-a-member';
  const today = memberLog(db, list.address, address).some(
    (line) => line.event === 'complaint' && dayOf(line.at) === dayOf(at),
  );
  logMember(db, list.address, address, { at, event: 'complaint', detail: feedbackType });
  const made = { by: 'after a complaint', at };
  switch (list.bounces.complaints) {
    case 'unsubscribe':
      removeMember(db, list.address, address, made, 'removed');
      return 'unsubscribed';
    case 'disable':
      if (member.delivery === 'disabled') return 'known';
      setMember(db, list.address, address, { delivery: 'disabled' }, made);
      return 'disabled';
    case 'notify':
      return today ? 'known' : 'told';
    case 'ignore':
      return 'ignored';
    default:
      return unreachable(list.bounces.complaints);
  }
}

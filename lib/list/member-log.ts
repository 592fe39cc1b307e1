/**
 * What happened to each member, for the person who asks why somebody gets no mail.
 *
 * Promises: written in the transaction of what it tells of, so neither is there without the other; kept for a year
 * after the member is gone. A member has at most 200 lines; the oldest go first.
 * Fails: may throw TemporaryError, ExpectedError.
 */
import { addressKey } from '../mail/address.ts';
import type { Database } from '../state/database.ts';
import { integerOf, textOf, wordOf } from '../state/row.ts';

/** Everything that is written down. */
export const MEMBER_EVENTS = [
  'joined',
  'left',
  'bounce',
  'counted',
  'alarm',
  'probe-sent',
  'probe-bounced',
  'probe-passed',
  'forgotten',
  'told',
  'disabled',
  'warned',
  'enabled',
  'removed',
  'complaint',
] as const;

/** One of {@link MEMBER_EVENTS}. */
export type MemberEvent = (typeof MEMBER_EVENTS)[number];

/** One line of the log; `at` in milliseconds since the epoch. */
export type MemberLogLine = { readonly at: number; readonly event: MemberEvent; readonly detail: string };

/** Lines kept of a member. */
const KEPT = 200;
/** Characters of a detail that are kept: some of it comes from strangers. */
const DETAIL_LENGTH = 600;
/** How long the log of who is no member any more is kept, milliseconds: a year. */
export const MEMBER_LOG_LIFE_MS = 365 * 86_400_000;

/** Writes a line down. */
export function logMember(
  db: Database,
  list: string,
  address: string,
  { at, event, detail }: MemberLogLine,
): void {
  const key = addressKey(address);
  const { changes } = db.run(
    'INSERT INTO member_log (list, key, at, event, detail) VALUES (?, ?, ?, ?, ?)',
    list,
    key,
    at,
    event,
    detail.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, DETAIL_LENGTH),
  );
  // Who joins has a short log; members by the hundred thousand are added without a look at it.
  if (changes === 0 || event === 'joined') return;
  db.run(
    `DELETE FROM member_log WHERE list = ?1 AND key = ?2 AND id <=
       (SELECT id FROM member_log WHERE list = ?1 AND key = ?2 ORDER BY id DESC LIMIT 1 OFFSET ${KEPT})`,
    list,
    key,
  );
}

/** All that is known of an address on a list, the oldest first; also of who is no member any more. */
export function memberLog(db: Database, list: string, address: string): MemberLogLine[] {
  return db
    .all(
      'SELECT at, event, detail FROM member_log WHERE list = ? AND key = ? ORDER BY id',
      list,
      addressKey(address),
    )
    .map((row) => ({
      at: integerOf(row, 'at'),
      event: wordOf(row, 'event', MEMBER_EVENTS),
      detail: textOf(row, 'detail'),
    }));
}

/** Removes what is older than a year of addresses that are no members; returns how many lines. */
export function tidyMemberLog(db: Database, now: number): number {
  return db.run(
    `DELETE FROM member_log WHERE at < ? AND NOT EXISTS
       (SELECT 1 FROM member WHERE member.list = member_log.list AND member.key = member_log.key)`,
    now - MEMBER_LOG_LIFE_MS,
  ).changes;
}

/**
 * Who is on a list, and how each member gets and sends mail.
 *
 * Lists are named by their posting address (`ListSettings.address`, lower case). Members are found whatever
 * the case of their address, and kept and written to as they gave it.
 * Promises: each call is one transaction (or part of the caller's); the addresses are the caller's to check.
 * Fails: everything here may throw TemporaryError (database locked, disk full) and ExpectedError (damaged
 * file).
 */
import { POSTING_ACTIONS, type PostingAction } from '../config/site.ts';
import { addressKey } from '../mail/address.ts';
import type { Database, Row } from '../state/database.ts';
import { integerOf, textOf, wordOf } from '../state/row.ts';
import { logMember } from './member-log.ts';
import { dropStanding } from './standing.ts';

/** Whether posts are sent to a member; `bouncing`: stopped by bounces, not by a person. */
export const DELIVERIES = ['enabled', 'disabled', 'bouncing'] as const;

/** One of {@link DELIVERIES}. */
export type Delivery = (typeof DELIVERIES)[number];

/** What is done with a member's posts; `default`: what the list says for members. */
export const MEMBER_POSTINGS = ['default', ...POSTING_ACTIONS] as const;

/** One member of one list. */
export type Member = {
  /** As given. */
  readonly address: string;
  /** Display name, or `''`. */
  readonly name: string;
  readonly delivery: Delivery;
  readonly posting: 'default' | PostingAction;
  /** When he was added, milliseconds since the epoch. */
  readonly since: number;
};

/** Somebody to be added. */
export type NewMember = { readonly address: string; readonly name?: string | undefined };

/** What to change of a member; what is not named stays. */
export type MemberChanges = {
  readonly name?: string | undefined;
  readonly delivery?: Delivery | undefined;
  readonly posting?: 'default' | PostingAction | undefined;
};

/** Who made a change, in words for the member's log, and when (milliseconds since the epoch). */
export type Made = { readonly by: string; readonly at: number };

const COLUMNS = 'address, name, delivery, posting, since';

/**
 * Adds a member, with delivery enabled; one who is there already stays as he is. `by` says who did it, for the log.
 */
export function addMember(
  db: Database,
  list: string,
  member: NewMember,
  now: number,
  by = 'by a person',
): 'added' | 'present' {
  const { address, name = '' } = member;
  const key = addressKey(address);
  const { changes } = db.run(
    `INSERT INTO member (list, key, domain, address, name, delivery, posting, since)
     VALUES (?, ?, ?, ?, ?, 'enabled', 'default', ?) ON CONFLICT DO NOTHING`,
    list,
    key,
    key.slice(key.lastIndexOf('@') + 1),
    address,
    name,
    now,
  );
  if (changes === 0) return 'present';
  logMember(db, list, address, { at: now, event: 'joined', detail: by });
  return 'added';
}

/**
 * Adds all of `members` or, when anything fails (also while reading them), none. `onProgress` gets the number
 * done so far, every thousand and at the end.
 */
export function addMembers(
  db: Database,
  list: string,
  members: Iterable<NewMember>,
  now: number,
  onProgress?: (done: number) => void,
  by?: string,
): { added: number; present: number } {
  return db.transaction(() => {
    const count = { added: 0, present: 0 };
    let done = 0;
    for (const member of members) {
      count[addMember(db, list, member, now, by)] += 1;
      done += 1;
      if (done % 1000 === 0) onProgress?.(done);
    }
    if (done % 1000 !== 0) onProgress?.(done);
    return count;
  });
}

/** Removes a member with his bounces and the tokens he was sent. His log stays. False when there was none. */
export function removeMember(
  db: Database,
  list: string,
  address: string,
  { by, at }: Made = { by: 'by a person', at: Date.now() },
  event: 'left' | 'removed' = 'left',
): boolean {
  const key = addressKey(address);
  return db.transaction(() => {
    if (db.run('DELETE FROM member WHERE list = ? AND key = ?', list, key).changes === 0) return false;
    db.run("DELETE FROM pending WHERE list = ? AND key = ? AND kind IN ('probe', 'enable')", list, key);
    logMember(db, list, address, { at, event, detail: by });
    return true;
  });
}

/** The member, or `null`. */
export function findMember(db: Database, list: string, address: string): Member | null {
  const row = db.get(`SELECT ${COLUMNS} FROM member WHERE list = ? AND key = ?`, list, addressKey(address));
  return row === null ? null : toMember(row);
}

/** Every member, by address. */
export function listMembers(db: Database, list: string): Member[] {
  return db.all(`SELECT ${COLUMNS} FROM member WHERE list = ? ORDER BY key`, list).map(toMember);
}

/** The addresses posts are sent to, by domain and then by address: one destination's are side by side. */
export function recipients(db: Database, list: string): string[] {
  return db
    .all("SELECT address FROM member WHERE list = ? AND delivery = 'enabled' ORDER BY domain, key", list)
    .map((row) => textOf(row, 'address'));
}

/** How many members, and how many of each delivery. */
export function countMembers(db: Database, list: string): { total: number } & Record<Delivery, number> {
  const count = { total: 0, enabled: 0, disabled: 0, bouncing: 0 };
  for (const row of db.all(
    'SELECT delivery, count(*) AS n FROM member WHERE list = ? GROUP BY delivery',
    list,
  )) {
    const n = integerOf(row, 'n');
    count[wordOf(row, 'delivery', DELIVERIES)] = n;
    count.total += n;
  }
  return count;
}

/**
 * Changes a member. A delivery that a person sets, enabled or disabled, ends all that his bounces had led to. False when
 * there is no such member.
 */
export function setMember(
  db: Database,
  list: string,
  address: string,
  changes: MemberChanges,
  { by, at }: Made = { by: 'by a person', at: Date.now() },
): boolean {
  const { name = null, delivery = null, posting = null } = changes;
  return db.transaction(() => {
    const before = findMember(db, list, address);
    if (before === null) return false;
    db.run(
      `UPDATE member SET name = coalesce(?, name), delivery = coalesce(?, delivery),
         posting = coalesce(?, posting) WHERE list = ? AND key = ?`,
      name,
      delivery,
      posting,
      list,
      addressKey(address),
    );
    if (delivery === 'enabled' || delivery === 'disabled') dropStanding(db, list, address);
    if (delivery !== null && delivery !== before.delivery) {
      const event = delivery === 'enabled' ? 'enabled' : 'disabled';
      logMember(db, list, address, { at, event, detail: delivery === 'bouncing' ? `bouncing, ${by}` : by });
    }
    return true;
  });
}

/** Removes everything the database has of a list: members, bounces, logs, confirmations asked for. */
export function removeList(db: Database, list: string): void {
  db.transaction(() => {
    db.run('DELETE FROM member WHERE list = ?', list);
    for (const table of ['pending', 'post', 'post_count', 'bounce_alarm', 'member_log'])
      db.run(`DELETE FROM ${table} WHERE list = ?`, list);
  });
}

/** The lists an address is on, by name. */
export function memberships(db: Database, address: string): string[] {
  return db
    .all('SELECT list FROM member WHERE key = ? ORDER BY list', addressKey(address))
    .map((row) => textOf(row, 'list'));
}

function toMember(row: Row): Member {
  return {
    address: textOf(row, 'address'),
    name: textOf(row, 'name'),
    delivery: wordOf(row, 'delivery', DELIVERIES),
    posting: wordOf(row, 'posting', MEMBER_POSTINGS),
    since: integerOf(row, 'since'),
  };
}

/**
 * The tables of the state database, as a list of steps. PRAGMA user_version says how many of them a file has
 * seen.
 *
 * Promises: each step happens once and as a whole, also when two processes start at the same time. A step
 * that has been released is never changed; a change is a new step at the end.
 * Fails: a file that has seen more steps than this program knows is refused and not touched.
 *
 *     member        who is on a list; `key` is the address in lower case, `domain` orders deliveries
 *     bounce        the last bounces of a member; gone with the member
 *     pending       confirmations that were asked for; a token's hash, never a token
 *     effect        what an entry has already done to this file, and the result it got
 *     standing      what a member's bounces have led to so far; who has none has no row
 *     post          the latest posts of a list, as long as a member of it has a standing
 *     bounce_alarm  days on which so many members bounced that it was the list's own trouble
 *     member_log    what happened to a member, also after he is gone
 *     destination   what is remembered of where mail goes
 *     delivery_rule what a person holds back, or wants tried now
 *     secret        keys of this site, made when they are first needed
 *     post_count    posts of a list that asks for VERP now and then
 */
import { ExpectedError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { Database } from './connection.ts';
import { integerOf } from './row.ts';

/** What has been done to the tables so far, in order. */
export const STEPS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE member (
      list TEXT NOT NULL, key TEXT NOT NULL, domain TEXT NOT NULL,
      address TEXT NOT NULL, name TEXT NOT NULL, delivery TEXT NOT NULL, posting TEXT NOT NULL,
      since INTEGER NOT NULL, score INTEGER NOT NULL DEFAULT 0, bounced_at INTEGER,
      PRIMARY KEY (list, key)
    ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX member_by_key ON member (key)',
    `CREATE TABLE bounce (
      id INTEGER PRIMARY KEY, list TEXT NOT NULL, key TEXT NOT NULL,
      at INTEGER NOT NULL, status TEXT NOT NULL, diagnostic TEXT NOT NULL,
      FOREIGN KEY (list, key) REFERENCES member (list, key) ON DELETE CASCADE
    ) STRICT`,
    'CREATE INDEX bounce_by_member ON bounce (list, key)',
    `CREATE TABLE pending (
      token_hash TEXT PRIMARY KEY, kind TEXT NOT NULL, list TEXT NOT NULL, key TEXT NOT NULL,
      address TEXT NOT NULL, data TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
      UNIQUE (kind, list, key)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE effect (
      entry TEXT NOT NULL, kind TEXT NOT NULL, result TEXT NOT NULL, at INTEGER NOT NULL,
      PRIMARY KEY (entry, kind)
    ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX effect_by_age ON effect (at)',
  ],
  [
    `CREATE TABLE destination (
      name TEXT PRIMARY KEY, failures INTEGER NOT NULL, not_before INTEGER NOT NULL, window INTEGER NOT NULL,
      error TEXT, conversation TEXT, failed_at INTEGER, reached_at INTEGER
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE delivery_rule (
      kind TEXT NOT NULL, scope TEXT NOT NULL, value TEXT NOT NULL, at INTEGER NOT NULL,
      PRIMARY KEY (kind, scope, value)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE secret (
      name TEXT PRIMARY KEY, value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE post_count (
      list TEXT PRIMARY KEY, posts INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
  ],
  [
    `CREATE TABLE standing (
      list TEXT NOT NULL, key TEXT NOT NULL, score INTEGER NOT NULL, day INTEGER NOT NULL,
      day_score INTEGER NOT NULL, hard_day INTEGER NOT NULL, bounced_at INTEGER NOT NULL,
      phase TEXT NOT NULL, phase_at INTEGER NOT NULL, warned INTEGER NOT NULL, warned_at INTEGER NOT NULL,
      PRIMARY KEY (list, key),
      FOREIGN KEY (list, key) REFERENCES member (list, key) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX standing_by_day ON standing (list, day)',
    `CREATE TABLE post (
      list TEXT NOT NULL, entry TEXT NOT NULL, at INTEGER NOT NULL,
      PRIMARY KEY (list, entry)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE bounce_alarm (
      list TEXT NOT NULL, day INTEGER NOT NULL, members INTEGER NOT NULL, at INTEGER NOT NULL,
      PRIMARY KEY (list, day)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE member_log (
      id INTEGER PRIMARY KEY, list TEXT NOT NULL, key TEXT NOT NULL,
      at INTEGER NOT NULL, event TEXT NOT NULL, detail TEXT NOT NULL
    ) STRICT`,
    'CREATE INDEX member_log_by_member ON member_log (list, key)',
    "ALTER TABLE bounce ADD COLUMN class TEXT NOT NULL DEFAULT 'hard'",
    // Scores were whole days; they are hundredths now. Who had been stopped gets his warnings from now on.
    `INSERT INTO standing
      SELECT list, key, score * 100, coalesce(bounced_at, since) / 86400000, 0, 0, coalesce(bounced_at, since),
        iif(delivery = 'bouncing', 'stopped', 'counting'), coalesce(bounced_at, since), 0, 0
      FROM member WHERE delivery = 'bouncing' OR (delivery = 'enabled' AND bounced_at IS NOT NULL AND score > 0)`,
    `INSERT INTO member_log (list, key, at, event, detail)
      SELECT list, key, since, 'joined', 'before this log was kept' FROM member`,
    `INSERT INTO member_log (list, key, at, event, detail)
      SELECT list, key, at, 'bounce', 'hard ' || status || ' ' || diagnostic FROM bounce ORDER BY id`,
    'ALTER TABLE member DROP COLUMN score',
    'ALTER TABLE member DROP COLUMN bounced_at',
  ],
];

/** The version of a file that has seen every step. */
export const SCHEMA_VERSION = STEPS.length;

/**
 * Brings a database up to date. `file` is for the error only.
 *
 * @throws ExpectedError (78) when a newer qrunner has written it
 */
export function migrate(db: Database, file: string, steps: readonly (readonly string[])[] = STEPS): void {
  const wanted = steps.length;
  const found = () => {
    const row = db.get('PRAGMA user_version');
    return row === null ? 0 : integerOf(row, 'user_version');
  };
  let version = found();
  while (version < wanted) {
    version = db.transaction(() => {
      // Read again: another process may have been quicker.
      const current = found();
      if (current >= wanted) return current;
      for (const sql of steps[current] ?? []) db.run(sql);
      db.run(`PRAGMA user_version = ${current + 1}`);
      return current + 1;
    });
  }
  if (version > wanted) {
    throw new ExpectedError(
      EX.CONFIG,
      `the state database ${file} is of version ${version}, and this qrunner knows versions up to ` +
        `${wanted}: a newer qrunner has written it; run that one`,
    );
  }
}

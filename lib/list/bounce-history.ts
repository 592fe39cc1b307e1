/** The last bounces of each member, as they were reported. Gone with the member. */
import type { BounceClassName } from '../config/bounce-settings.ts';
import { BOUNCE_CLASSES } from '../config/bounce-settings.ts';
import { addressKey } from '../mail/address.ts';
import type { Database } from '../state/database.ts';
import { integerOf, textOf, wordOf } from '../state/row.ts';

/** What a bounce says: its class, the enhanced status (RFC 3463, `5.1.1`), the words of the server that refused. */
export type BounceReport = {
  readonly class: BounceClassName;
  readonly status: string;
  readonly diagnostic: string;
};

/** A bounce that was noted, with its time in milliseconds since the epoch. */
export type Bounce = BounceReport & { readonly at: number };

/** Bounces noted per member, the latest. */
const KEPT = 20;
/** Characters of a diagnostic that are kept: it comes from strangers. */
const DIAGNOSTIC_LENGTH = 500;

/** Notes a bounce of a member, and forgets all but the last 20. */
export function noteBounce(
  db: Database,
  list: string,
  address: string,
  report: BounceReport,
  at: number,
): void {
  const key = addressKey(address);
  db.run(
    'INSERT INTO bounce (list, key, at, class, status, diagnostic) VALUES (?, ?, ?, ?, ?, ?)',
    list,
    key,
    at,
    report.class,
    report.status,
    report.diagnostic.slice(0, DIAGNOSTIC_LENGTH),
  );
  db.run(
    `DELETE FROM bounce WHERE list = ?1 AND key = ?2 AND id NOT IN
       (SELECT id FROM bounce WHERE list = ?1 AND key = ?2 ORDER BY id DESC LIMIT ${KEPT})`,
    list,
    key,
  );
}

/** The last 20 bounces of a member, the latest first. */
export function bounceHistory(db: Database, list: string, address: string): Bounce[] {
  return db
    .all(
      'SELECT at, class, status, diagnostic FROM bounce WHERE list = ? AND key = ? ORDER BY id DESC',
      list,
      addressKey(address),
    )
    .map((row) => ({
      at: integerOf(row, 'at'),
      class: wordOf(row, 'class', BOUNCE_CLASSES),
      status: textOf(row, 'status'),
      diagnostic: textOf(row, 'diagnostic'),
    }));
}

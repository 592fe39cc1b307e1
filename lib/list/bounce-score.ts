/**
 * Bounces counted into days, and delivery stopped when there were too many.
 *
 *     bounce ── no member ──▶ not-a-member
 *            ── delivery not enabled ──▶ already-stopped       (noted, not counted)
 *            ── one counted this day (UTC) ──▶ counted-today   (noted, not counted again)
 *            ── score below the threshold ──▶ counted
 *            ── score at the threshold ──▶ stopped             (delivery is now `bouncing`)
 *
 * Promises: however many posts a day a broken mailbox refuses, the day counts once; a score whose last bounce
 * is too long ago starts again; a person's `disabled` is never overwritten.
 * Fails: may throw TemporaryError, ExpectedError. Runners call recordBounce inside `once`
 * (lib/state/effects.ts).
 */
import { addressKey } from '../mail/address.ts';
import type { Database } from '../state/database.ts';
import { integerOf, textOf } from '../state/row.ts';

/** Days with a bounce, and the last bounce in milliseconds since the epoch. */
export type BounceScore = { readonly points: number; readonly lastAt: number };

/** What a bounce says: the enhanced status (RFC 3463, `5.1.1`) and the words of the server that refused. */
export type BounceReport = { readonly status: string; readonly diagnostic: string };

/** The site's rules: `Site.bounces`. */
export type BounceRules = {
  /** Days with a bounce before delivery is stopped. */
  readonly threshold: number;
  /** A score whose last bounce is older starts again, milliseconds. */
  readonly forgetMs: number;
};

/** What became of a bounce, and the member's score after it (0 for who is no member). */
export type BounceResult = {
  readonly outcome: 'not-a-member' | 'already-stopped' | 'counted-today' | 'counted' | 'stopped';
  readonly score: number;
};

/** A bounce that was noted, with its time in milliseconds since the epoch. */
export type Bounce = BounceReport & { readonly at: number };

const DAY_MS = 86_400_000;
/** Bounces noted per member, the latest. */
const KEPT = 20;
/** Characters of a diagnostic that are kept: it comes from strangers. */
const DIAGNOSTIC_LENGTH = 500;

/** The score after a bounce at `now`, and whether the bounce counted. */
export function scoreBounce(
  before: BounceScore | null,
  now: number,
  forgetMs: number,
): { readonly counted: boolean; readonly score: BounceScore } {
  if (before === null) return { counted: true, score: { points: 1, lastAt: now } };
  if (Math.floor(before.lastAt / DAY_MS) === Math.floor(now / DAY_MS)) {
    return { counted: false, score: { points: before.points, lastAt: Math.max(before.lastAt, now) } };
  }
  const points = now - before.lastAt > forgetMs ? 1 : before.points + 1;
  return { counted: true, score: { points, lastAt: now } };
}

/** Notes a hard bounce of a member at `now` and counts it by the rules. One transaction. */
export function recordBounce(
  db: Database,
  list: string,
  address: string,
  report: BounceReport,
  now: number,
  rules: BounceRules,
): BounceResult {
  const key = addressKey(address);
  return db.transaction(() => {
    const row = db.get(
      'SELECT delivery, score, bounced_at FROM member WHERE list = ? AND key = ?',
      list,
      key,
    );
    if (row === null) return { outcome: 'not-a-member', score: 0 };
    note(db, list, key, report, now);
    const points = integerOf(row, 'score');
    if (textOf(row, 'delivery') !== 'enabled') return { outcome: 'already-stopped', score: points };

    const before = row.bounced_at === null ? null : { points, lastAt: integerOf(row, 'bounced_at') };
    const { counted, score } = scoreBounce(before, now, rules.forgetMs);
    const stop = score.points >= rules.threshold;
    db.run(
      'UPDATE member SET score = ?, bounced_at = ?, delivery = ? WHERE list = ? AND key = ?',
      score.points,
      score.lastAt,
      stop ? 'bouncing' : 'enabled',
      list,
      key,
    );
    // A threshold that was lowered since stops on the next bounce, also one that does not count.
    if (stop) return { outcome: 'stopped', score: score.points };
    return { outcome: counted ? 'counted' : 'counted-today', score: score.points };
  });
}

/** The last 20 bounces of a member, the latest first. */
export function bounceHistory(db: Database, list: string, address: string): Bounce[] {
  return db
    .all(
      'SELECT at, status, diagnostic FROM bounce WHERE list = ? AND key = ? ORDER BY id DESC',
      list,
      addressKey(address),
    )
    .map((row) => ({
      at: integerOf(row, 'at'),
      status: textOf(row, 'status'),
      diagnostic: textOf(row, 'diagnostic'),
    }));
}

function note(db: Database, list: string, key: string, report: BounceReport, now: number): void {
  const diagnostic = report.diagnostic.slice(0, DIAGNOSTIC_LENGTH);
  db.run(
    'INSERT INTO bounce (list, key, at, status, diagnostic) VALUES (?, ?, ?, ?, ?)',
    list,
    key,
    now,
    report.status,
    diagnostic,
  );
  db.run(
    `DELETE FROM bounce WHERE list = ?1 AND key = ?2 AND id NOT IN
       (SELECT id FROM bounce WHERE list = ?1 AND key = ?2 ORDER BY id DESC LIMIT ${KEPT})`,
    list,
    key,
  );
}

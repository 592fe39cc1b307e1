/**
 * How a member stands with his bounces: one row for who has had some, none for everybody else.
 *
 *     (no row) ──▶ counting ──▶ probing ──▶ failed ──▶ stopped ──▶ (removed, or enabled again)
 *                    │             └─ it did not bounce ──▶ (no row)
 *                    ├─ no probes ──▶ stopped
 *                    └─ the owners decide ──▶ told
 *
 * Promises: gone with the member. Who may throw what is as in roster.ts.
 */
import { addressKey } from '../mail/address.ts';
import type { Database, Row } from '../state/database.ts';
import { integerOf, textOf, wordOf } from '../state/row.ts';
import type { BounceScore } from './bounce-score.ts';

/** Where a member stands. `failed`: the probe bounced, and its day is not over. */
export const PHASES = ['counting', 'told', 'probing', 'failed', 'stopped'] as const;

/** One of {@link PHASES}. */
export type Phase = (typeof PHASES)[number];

/** A member's standing; times in milliseconds since the epoch. */
export type Standing = {
  /** As `addressKey` gives it. */
  readonly key: string;
  readonly score: BounceScore;
  readonly phase: Phase;
  /** Since when he is in this phase. */
  readonly phaseAt: number;
  /** Warnings sent since he was stopped, and when the last one was; 0 for never. */
  readonly warned: number;
  readonly warnedAt: number;
};

const COLUMNS = 'key, score, day, day_score, hard_day, bounced_at, phase, phase_at, warned, warned_at';

/** The member's standing, or `null` when he has none. */
export function findStanding(db: Database, list: string, address: string): Standing | null {
  const row = db.get(`SELECT ${COLUMNS} FROM standing WHERE list = ? AND key = ?`, list, addressKey(address));
  return row === null ? null : toStanding(row);
}

/** Every standing of a list whose key comes after `after`, at most `limit`, in order. */
export function standingsAfter(db: Database, list: string, after: string, limit: number): Standing[] {
  return db
    .all(
      `SELECT ${COLUMNS} FROM standing WHERE list = ? AND key > ? ORDER BY key LIMIT ?`,
      list,
      after,
      limit,
    )
    .map(toStanding);
}

/** Lists on which somebody has a standing. */
export function listsWithStandings(db: Database): string[] {
  return db.all('SELECT DISTINCT list FROM standing ORDER BY list').map((row) => textOf(row, 'list'));
}

/** Whether nobody has bounced on this UTC day yet, and somebody has before: those days are over and can be judged. */
export function isNewDay(db: Database, list: string, day: number): boolean {
  const last = db.get('SELECT max(day) AS day FROM standing WHERE list = ?', list)?.day ?? null;
  return typeof last === 'number' && last < day;
}

/** Keeps a standing in place of what there was. The member must be there. */
export function keepStanding(db: Database, list: string, standing: Standing): void {
  const { key, score, phase, phaseAt, warned, warnedAt } = standing;
  db.run(
    `INSERT INTO standing (list, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (list, key) DO UPDATE SET score = excluded.score, day = excluded.day,
       day_score = excluded.day_score, hard_day = excluded.hard_day, bounced_at = excluded.bounced_at,
       phase = excluded.phase, phase_at = excluded.phase_at, warned = excluded.warned, warned_at = excluded.warned_at`,
    list,
    key,
    Math.round(score.points * 100),
    score.day,
    Math.round(score.dayPoints * 100),
    score.hardDay,
    score.lastAt,
    phase,
    phaseAt,
    warned,
    warnedAt,
  );
}

/** Forgets all that the member's bounces have led to. */
export function dropStanding(db: Database, list: string, address: string): void {
  db.run('DELETE FROM standing WHERE list = ? AND key = ?', list, addressKey(address));
}

/** Posts noted for each list: more than a rule can ask for. */
const POSTS_KEPT = 200;

/**
 * Notes that a post was sent to the members, as long as it matters to somebody. However often it is called for an
 * entry, it is one post. `at`: milliseconds since the epoch.
 */
export function notePost(db: Database, list: string, entryId: string, at: number): void {
  if (db.get('SELECT 1 AS one FROM standing WHERE list = ? LIMIT 1', list) === null) return;
  db.transaction(() => {
    db.run('INSERT INTO post (list, entry, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', list, entryId, at);
    db.run(
      `DELETE FROM post WHERE list = ?1 AND entry <=
         (SELECT entry FROM post WHERE list = ?1 ORDER BY entry DESC LIMIT 1 OFFSET ${POSTS_KEPT})`,
      list,
    );
  });
}

/** Posts of the list later than `at`, as far as they were noted. */
export function postsSince(db: Database, list: string, at: number): number {
  const row = db.get('SELECT count(*) AS n FROM post WHERE list = ? AND at > ?', list, at);
  return row === null ? 0 : integerOf(row, 'n');
}

function toStanding(row: Row): Standing {
  return {
    key: textOf(row, 'key'),
    score: {
      points: integerOf(row, 'score') / 100,
      day: integerOf(row, 'day'),
      dayPoints: integerOf(row, 'day_score') / 100,
      hardDay: integerOf(row, 'hard_day'),
      lastAt: integerOf(row, 'bounced_at'),
    },
    phase: wordOf(row, 'phase', PHASES),
    phaseAt: integerOf(row, 'phase_at'),
    warned: integerOf(row, 'warned'),
    warnedAt: integerOf(row, 'warned_at'),
  };
}

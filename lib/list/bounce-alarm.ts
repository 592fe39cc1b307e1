/**
 * Days on which so many members bounce that it is the list's own trouble: its server is on a block list, its DNS is
 * gone, a filter does not like the post.
 *
 * Promises: one alarm a day (UTC) and list. When it is raised, what the day has counted so far is taken back and
 * probes that bounced on it are as if they had not been sent; nothing of the day is counted after that. As nothing
 * is done about a day's bounces before it is over, nobody was disabled by them.
 */
import type { BounceSettings } from '../config/bounce-settings.ts';
import type { Database } from '../state/database.ts';
import { integerOf, textOf } from '../state/row.ts';
import { DAY_MS, isAlarm } from './bounce-score.ts';
import { logMember } from './member-log.ts';

/** An alarm that has just been raised: how many of how many members bounced. */
export type Alarm = { readonly bounced: number; readonly members: number };

/** Whether there was an alarm on a UTC day, in days since the epoch. */
export function isAlarmed(db: Database, list: string, day: number): boolean {
  return db.get('SELECT 1 AS one FROM bounce_alarm WHERE list = ? AND day = ?', list, day) !== null;
}

/** Raises the alarm when it is time and nobody has on this day; `null` otherwise. Call inside a transaction. */
export function raiseAlarm(
  db: Database,
  list: string,
  day: number,
  now: number,
  rules: Pick<BounceSettings, 'alarmShare' | 'alarmMembers'>,
): Alarm | null {
  const bounced = count(db, 'SELECT count(*) AS n FROM standing WHERE list = ? AND day = ?', list, day);
  if (bounced < rules.alarmMembers || isAlarmed(db, list, day)) return null;
  // Of a large list no more members are counted than the answer needs: one too many is enough.
  const most = Math.floor((bounced * 100) / rules.alarmShare) + 1;
  const members = count(
    db,
    "SELECT count(*) AS n FROM (SELECT 1 FROM member WHERE list = ? AND delivery = 'enabled' LIMIT ?)",
    list,
    most,
  );
  if (!isAlarm(bounced, members, rules)) return null;
  db.run('INSERT INTO bounce_alarm (list, day, members, at) VALUES (?, ?, ?, ?)', list, day, bounced, now);
  takeBack(db, list, day, now);
  return { bounced, members };
}

function takeBack(db: Database, list: string, day: number, now: number): void {
  const counted = db.all(
    `SELECT key FROM standing WHERE list = ?1 AND day = ?2
       AND (day_score > 0 OR (phase = 'failed' AND phase_at >= ?3))`,
    list,
    day,
    day * DAY_MS,
  );
  for (const row of counted) {
    const detail = 'so many members bounced that it is the list’s own trouble: this day does not count';
    logMember(db, list, textOf(row, 'key'), { at: now, event: 'alarm', detail });
  }
  db.run(
    `UPDATE standing SET score = score - day_score, day_score = 0, hard_day = iif(hard_day = ?2, 0, hard_day),
       phase = iif(phase = 'failed' AND phase_at >= ?3, 'counting', phase)
     WHERE list = ?1 AND day = ?2`,
    list,
    day,
    day * DAY_MS,
  );
}

function count(db: Database, sql: string, ...params: (string | number)[]): number {
  const row = db.get(sql, ...params);
  return row === null ? 0 : integerOf(row, 'n');
}

/**
 * What bounces add up to. Pure.
 *
 *     a bounce ── its class weighs nothing ──▶ the score stays
 *              ── this day (UTC) has counted as much ──▶ the score stays
 *              ── else ──▶ the day counts its heaviest bounce, and no more
 *
 * A score begins again when its last bounce is older than `forgetMs` and more than `forgetPosts` posts have been sent
 * since: the latest of them may be the one that bounces now, or whose bounce is still on its way. Days alone would
 * never add up on a list with a post a month, posts alone would forget a full mailbox within a busy hour.
 */
import type { BounceClassName, BounceSettings } from '../config/bounce-settings.ts';

/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;

/** The UTC day of a time, in days since the epoch. */
export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}

/** A score. */
export type BounceScore = {
  readonly points: number;
  /** UTC day of the last bounce, counted or not. */
  readonly day: number;
  /** What that day has counted; part of `points`. */
  readonly dayPoints: number;
  /** UTC day of the first hard bounce; 0 for none. */
  readonly hardDay: number;
  /** The last bounce that weighed something, milliseconds since the epoch. */
  readonly lastAt: number;
};

/** A bounce to be counted; `at` in milliseconds since the epoch. */
export type WeighedBounce = { readonly at: number; readonly class: BounceClassName };

/** The rules a score is made by. */
export type ScoreRules = Pick<BounceSettings, 'weights' | 'forgetMs' | 'forgetPosts'>;

/** Whether a score is worth nothing any more. `postsSince`: posts of the list since its last bounce. */
export function isForgotten(
  { lastAt }: Pick<BounceScore, 'lastAt'>,
  now: number,
  postsSince: number,
  { forgetMs, forgetPosts }: Pick<ScoreRules, 'forgetMs' | 'forgetPosts'>,
): boolean {
  return now - lastAt > forgetMs && postsSince > forgetPosts;
}

/** The score after a bounce, and how much the bounce added. */
export function scoreBounce(
  before: BounceScore | null,
  bounce: WeighedBounce,
  postsSince: number,
  rules: ScoreRules,
): { readonly added: number; readonly score: BounceScore } {
  const day = dayOf(bounce.at);
  const kept = before !== null && !isForgotten(before, bounce.at, postsSince, rules) ? before : null;
  // A bounce that comes after those of a later day belongs to that one: nothing is counted twice.
  const sameDay = kept !== null && kept.day >= day;
  const had = sameDay ? kept.dayPoints : 0;
  const weight = rules.weights[bounce.class];
  const added = hundredths(Math.max(0, weight - had));
  const hard = bounce.class === 'hard' && weight > 0;
  return {
    added,
    score: {
      points: hundredths((kept?.points ?? 0) + added),
      day: sameDay ? kept.day : day,
      dayPoints: hundredths(had + added),
      hardDay: kept !== null && kept.hardDay > 0 ? kept.hardDay : hard ? day : 0,
      lastAt: kept === null ? bounce.at : weight > 0 ? Math.max(kept.lastAt, bounce.at) : kept.lastAt,
    },
  };
}

/** The points of days that are over: what today has counted may yet be taken back. */
export function settledPoints({ points, day, dayPoints }: BounceScore, today: number): number {
  return day >= today ? hundredths(points - dayPoints) : points;
}

/** Whether something is to be done about a score, by the days that are over. */
export function isDue(
  score: BounceScore,
  today: number,
  { threshold, probe, action }: Pick<BounceSettings, 'threshold' | 'probe' | 'action'>,
): boolean {
  const first = probe === 'first-hard' && action === 'disable';
  if (first && score.hardDay > 0 && score.hardDay < today) return true;
  return settledPoints(score, today) >= threshold;
}

/** Whether `bounced` of `members` members on one day are the list's own trouble. */
export function isAlarm(
  bounced: number,
  members: number,
  { alarmShare, alarmMembers }: Pick<BounceSettings, 'alarmShare' | 'alarmMembers'>,
): boolean {
  return bounced >= alarmMembers && bounced * 100 >= alarmShare * members;
}

/** Rounded, so that sums of weights such as 0.1 stay what they are. */
function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}

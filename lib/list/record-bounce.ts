/**
 * Bounces as they come: noted, weighed, counted into days. What they lead to is decided when their day is over
 * (judge-bounces.ts).
 *
 *     bounce ── no member ──▶ not-a-member
 *            ── delivery not enabled ──▶ already-stopped       (noted, not counted)
 *            ── too many members today ──▶ alarm               (noted, not counted)
 *            ── a probe is on its way ──▶ probing              (noted; the probe decides)
 *            ── nothing added ──▶ counted-today                (noted: its day has counted as much, or it weighs nothing)
 *            ── else ──▶ counted
 *
 * Promises: however many posts a day a broken mailbox refuses, the day counts once.
 * Fails: may throw TemporaryError, ExpectedError. Runners call these inside `once` (lib/state/effects.ts).
 */
import type { BounceSettings } from '../config/bounce-settings.ts';
import { addressKey } from '../mail/address.ts';
import type { Database } from '../state/database.ts';
import { type Alarm, isAlarmed, raiseAlarm } from './bounce-alarm.ts';
import { type BounceReport, noteBounce } from './bounce-history.ts';
import { type BounceScore, dayOf, isForgotten, scoreBounce } from './bounce-score.ts';
import { logMember } from './member-log.ts';
import { takePending } from './pending.ts';
import { findMember } from './roster.ts';
import { findStanding, keepStanding, postsSince } from './standing.ts';

/** What became of a bounce, the member's score after it, and the alarm when this bounce has raised it. */
export type BounceResult = {
  readonly outcome:
    | 'not-a-member'
    | 'already-stopped'
    | 'alarm'
    | 'probing'
    | 'counted-today'
    | 'counted'
    | 'probe-bounced'
    | 'probe-over';
  readonly score: number;
  readonly alarm: Alarm | null;
};

const nothing = (outcome: BounceResult['outcome'], score = 0): BounceResult => ({
  outcome,
  score,
  alarm: null,
});

/** The words of a log line. */
function inWords(report: BounceReport): string {
  return `${report.class} ${report.status} ${report.diagnostic}`;
}

/** Notes a bounce of a member at `now` and counts it by the rules. One transaction. */
export function recordBounce(
  db: Database,
  list: string,
  address: string,
  report: BounceReport,
  now: number,
  rules: BounceSettings,
): BounceResult {
  return db.transaction(() => {
    const member = findMember(db, list, address);
    if (member === null) return nothing('not-a-member');
    noteBounce(db, list, address, report, now);
    logMember(db, list, address, { at: now, event: 'bounce', detail: inWords(report) });
    const before = findStanding(db, list, address);
    if (member.delivery !== 'enabled') return nothing('already-stopped', before?.score.points);
    const day = dayOf(now);
    const alarmed = isAlarmed(db, list, day);
    const decided = before?.phase === 'probing' || before?.phase === 'failed';
    const since = before === null ? 0 : postsSince(db, list, before.score.lastAt);
    const bounce = { at: now, class: report.class };
    const counted = scoreBounce(before?.score ?? null, bounce, since, rules);
    const added = alarmed || decided ? 0 : counted.added;
    const score = alarmed || decided ? seen(before?.score ?? EMPTY_SCORE, day, now) : counted.score;
    // A score that begins again is told of again.
    const again = before?.phase === 'told' && isForgotten(before.score, now, since, rules);
    const phase = before === null || again ? { phase: 'counting' as const, phaseAt: now } : {};
    const standing = before ?? {
      key: addressKey(address),
      phase: 'counting',
      phaseAt: now,
      warned: 0,
      warnedAt: 0,
    };
    keepStanding(db, list, { ...standing, ...phase, score });
    if (alarmed) return nothing('alarm', score.points);
    if (added > 0) {
      const detail = `${added}, the score is ${score.points} of ${rules.threshold}`;
      logMember(db, list, address, { at: now, event: 'counted', detail });
    }
    const outcome = decided ? 'probing' : added > 0 ? 'counted' : 'counted-today';
    return sounded(db, list, now, rules, nothing(outcome, score.points));
  });
}

const EMPTY_SCORE: BounceScore = { points: 0, day: 0, dayPoints: 0, hardDay: 0, lastAt: 0 };

/** A score that a bounce at `now` does not change; its day is known all the same. */
function seen(score: BounceScore, day: number, now: number): BounceScore {
  return {
    ...score,
    day: Math.max(score.day, day),
    dayPoints: score.day >= day ? score.dayPoints : 0,
    lastAt: score.lastAt === 0 ? now : score.lastAt,
  };
}

/**
 * Notes that the probe with this token came back. A class that weighs nothing says nothing about the member: then the
 * probe stays on its way. One transaction.
 */
export function recordProbeBounce(
  db: Database,
  list: string,
  token: string,
  report: BounceReport,
  now: number,
  rules: BounceSettings,
): BounceResult & { readonly address: string | null } {
  return db.transaction(() => {
    const pending = rules.weights[report.class] > 0 ? takePending(db, token, now, ['probe']) : null;
    const address = pending?.list === list ? pending.address : null;
    const standing = address === null ? null : findStanding(db, list, address);
    if (address === null || standing?.phase !== 'probing') return { ...nothing('probe-over'), address };
    noteBounce(db, list, address, report, now);
    logMember(db, list, address, { at: now, event: 'probe-bounced', detail: inWords(report) });
    const day = dayOf(now);
    // On a day of the list's own trouble a probe says nothing either: another is sent when it is over.
    const alarmed = isAlarmed(db, list, day);
    const score = seen(standing.score, day, now);
    keepStanding(db, list, { ...standing, score, phase: alarmed ? 'counting' : 'failed', phaseAt: now });
    const result = nothing(alarmed ? 'alarm' : 'probe-bounced', score.points);
    return { ...(alarmed ? result : sounded(db, list, now, rules, result)), address };
  });
}

/** The result, or that of the alarm which this bounce raises. */
function sounded(
  db: Database,
  list: string,
  now: number,
  rules: BounceSettings,
  result: BounceResult,
): BounceResult {
  const alarm = raiseAlarm(db, list, dayOf(now), now, rules);
  return alarm === null ? result : { ...result, outcome: 'alarm', alarm };
}

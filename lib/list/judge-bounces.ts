/**
 * What bounces lead to, once their day (UTC) is over: a probe, the end of delivery, warnings, removal.
 *
 *     counting ── no points, or forgotten ──▶ (gone)
 *              ── due, the owners decide ──▶ told
 *              ── due, with probes ──▶ probing          a mail with a token in its sender
 *              ── due, without ──▶ stopped
 *     probing  ── nothing came back in its time ──▶ (gone)
 *     failed   ── its day is over ──▶ stopped
 *     stopped  ── a warning is due ──▶ stopped          a mail with a token that enables delivery again
 *              ── after the last one ──▶ removed
 *
 * Promises: each step is taken once; what comes out is plain data, from which the mails are written each time alike.
 * A call does a bounded amount of work and says whether there is more.
 * Fails: may throw TemporaryError, ExpectedError. Runners call it inside `once` (lib/state/effects.ts).
 */
import { unreachable } from '../base/errors.ts';
import type { BounceSettings } from '../config/bounce-settings.ts';
import type { Database } from '../state/database.ts';
import { type Bounce, bounceHistory } from './bounce-history.ts';
import { DAY_MS, dayOf, isDue, isForgotten } from './bounce-score.ts';
import { logMember, type MemberEvent } from './member-log.ts';
import { createPending } from './pending.ts';
import { findMember, type Member, removeMember, setMember } from './roster.ts';
import { dropStanding, keepStanding, postsSince, type Standing, standingsAfter } from './standing.ts';

/** A letter to a member that was stopped. */
export type Warning = {
  /** Enables delivery again. */
  readonly token: string;
  /** The how many-th of how many. */
  readonly number: number;
  readonly of: number;
  /** When the next one, or the removal, comes, milliseconds since the epoch; `null`: nothing comes. */
  readonly nextAt: number | null;
};

/** What was done about one member. `diagnostic`: the words of his last bounce. */
export type Step =
  | { readonly kind: 'probe'; readonly address: string; readonly token: string; readonly diagnostic: string }
  | {
      readonly kind: 'stopped';
      readonly address: string;
      readonly probed: boolean;
      readonly diagnostic: string;
      readonly warning: Warning | null;
    }
  | {
      readonly kind: 'warned';
      readonly address: string;
      readonly diagnostic: string;
      readonly warning: Warning;
    }
  | { readonly kind: 'removed'; readonly address: string; readonly diagnostic: string }
  | { readonly kind: 'told'; readonly address: string; readonly diagnostic: string }
  | { readonly kind: 'passed' | 'forgotten'; readonly address: string };

/** What a judgment is made with. */
export type JudgeRules = {
  readonly bounces: BounceSettings;
  /** How long a probe may take to bounce, milliseconds: not shorter than our own server goes on trying. */
  readonly probeLifeMs: number;
  /** Whether the list can send probes at all. */
  readonly canProbe: boolean;
};

/** The steps of one call, and whether there are more. */
export type Judgment = { readonly steps: readonly Step[]; readonly more: boolean };

/** Steps of one call: their mails are held in memory together. */
const STEPS = 100;
/** Standings read at once. */
const PAGE = 500;
/** The shortest life of a token that enables delivery, milliseconds. */
const TOKEN_LIFE_MS = 30 * DAY_MS;
/** How long alarms are remembered, days. */
const ALARM_DAYS = 30;

/** Takes all steps that are due on a list at `now`. One transaction. */
export function judgeBounces(
  db: Database,
  list: string,
  rules: JudgeRules,
  now: number,
  limit = STEPS,
): Judgment {
  return db.transaction(() => {
    db.run('DELETE FROM bounce_alarm WHERE list = ? AND day < ?', list, dayOf(now) - ALARM_DAYS);
    const steps: Step[] = [];
    for (let after = ''; ; ) {
      const page = standingsAfter(db, list, after, PAGE);
      for (const standing of page) {
        if (steps.length >= limit) return { steps, more: true };
        const step = judgeOne({ db, list, rules, now }, standing);
        if (step !== null) steps.push(step);
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return { steps, more: false };
      after = last.key;
    }
  });
}

/** Where and when a member is judged. */
type Court = {
  readonly db: Database;
  readonly list: string;
  readonly rules: JudgeRules;
  readonly now: number;
};

function judgeOne(court: Court, standing: Standing): Step | null {
  const { db, list, rules, now } = court;
  const member = findMember(db, list, standing.key);
  if (member === null) return null;
  const stopped = standing.phase === 'stopped';
  // A person has changed it meanwhile by another way than ours.
  if (stopped !== (member.delivery === 'bouncing')) {
    dropStanding(db, list, standing.key);
    return null;
  }
  switch (standing.phase) {
    case 'counting':
    case 'told':
      return judgeScore(court, standing, member);
    case 'probing': {
      if (now - standing.phaseAt < rules.probeLifeMs) return null;
      return end(court, member, 'passed', 'probe-passed', 'the probe did not come back');
    }
    case 'failed':
      return dayOf(standing.phaseAt) < dayOf(now) ? stop(court, standing, member, true) : null;
    case 'stopped':
      return warn(court, standing, member);
    default:
      return unreachable(standing.phase);
  }
}

function judgeScore(court: Court, standing: Standing, member: Member): Step | null {
  const { db, list, now, rules } = court;
  const { bounces } = rules;
  const { score, phase } = standing;
  const today = dayOf(now);
  if (score.points === 0) {
    // Nothing was counted; only today still needs to know who bounced.
    if (score.day < today) dropStanding(db, list, standing.key);
    return null;
  }
  if (isForgotten(score, now, postsSince(db, list, score.lastAt), bounces)) {
    return end(court, member, 'forgotten', 'forgotten', `the score was ${score.points}`);
  }
  const probe = rules.canProbe ? bounces.probe : 'never';
  if (phase === 'told' || !isDue(score, today, { ...bounces, probe })) return null;
  if (bounces.action === 'notify') {
    keepStanding(db, list, { ...standing, phase: 'told', phaseAt: now });
    log(court, member, 'told', `the score is ${score.points}; the owners decide`);
    return { kind: 'told', address: member.address, diagnostic: lastWords(court, member) };
  }
  if (bounces.probe === 'never' || !rules.canProbe) return stop(court, standing, member, false);
  const request = { kind: 'probe', list, address: member.address } as const;
  const token = createPending(db, request, rules.probeLifeMs, now);
  keepStanding(db, list, { ...standing, phase: 'probing', phaseAt: now });
  log(court, member, 'probe-sent', `the score is ${score.points}`);
  return { kind: 'probe', address: member.address, token, diagnostic: lastWords(court, member) };
}

function stop(court: Court, standing: Standing, member: Member, probed: boolean): Step {
  const { db, list, now } = court;
  const by = probed ? 'its probe bounced' : `the score is ${standing.score.points}`;
  setMember(db, list, member.address, { delivery: 'bouncing' }, { by, at: now });
  const stopped: Standing = { ...standing, phase: 'stopped', phaseAt: now, warned: 0, warnedAt: now };
  const { warnings } = court.rules.bounces;
  const warning = warnings > 0 ? nextWarning(court, stopped, member) : null;
  if (warning === null) keepStanding(db, list, stopped);
  const diagnostic = lastWords(court, member);
  return { kind: 'stopped', address: member.address, probed, diagnostic, warning };
}

function warn(court: Court, standing: Standing, member: Member): Step | null {
  const { warnings, warnEveryMs, remove } = court.rules.bounces;
  const { warned, warnedAt } = standing;
  const diagnostic = lastWords(court, member);
  if (warnedAt === 0 && warnings === 0) {
    // Stopped by a version that neither warned nor removed: the time begins now.
    keepStanding(court.db, court.list, { ...standing, warnedAt: court.now });
    return null;
  }
  if (warnedAt !== 0 && court.now - warnedAt < warnEveryMs) return null;
  if (warned < warnings) {
    const warning = nextWarning(court, standing, member);
    return { kind: 'warned', address: member.address, diagnostic, warning };
  }
  if (!remove) return null;
  const by = `after ${warned} ${warned === 1 ? 'warning' : 'warnings'}`;
  removeMember(court.db, court.list, member.address, { by, at: court.now }, 'removed');
  return { kind: 'removed', address: member.address, diagnostic };
}

function nextWarning(court: Court, standing: Standing, member: Member): Warning {
  const { db, list, now } = court;
  const { warnings, warnEveryMs, remove } = court.rules.bounces;
  const number = standing.warned + 1;
  const request = { kind: 'enable', list, address: member.address } as const;
  const token = createPending(db, request, Math.max(2 * warnEveryMs, TOKEN_LIFE_MS), now);
  keepStanding(db, list, { ...standing, warned: number, warnedAt: now });
  log(court, member, 'warned', `${number} of ${warnings}`);
  return { token, number, of: warnings, nextAt: number < warnings || remove ? now + warnEveryMs : null };
}

/** Ends a standing for the better. */
function end(
  { db, list, now }: Court,
  { address }: Member,
  kind: 'passed' | 'forgotten',
  event: MemberEvent,
  detail: string,
): Step {
  dropStanding(db, list, address);
  logMember(db, list, address, { at: now, event, detail });
  return { kind, address };
}

function log({ db, list, now }: Court, { address }: Member, event: MemberEvent, detail: string): void {
  logMember(db, list, address, { at: now, event, detail });
}

function lastWords({ db, list }: Court, { address }: Member): string {
  const [last]: (Bounce | undefined)[] = bounceHistory(db, list, address);
  return last === undefined ? 'not known' : `${last.status} ${last.diagnostic}`;
}

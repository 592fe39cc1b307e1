/** One member in full, with what bounced and what that has led to. */
import { ExpectedError, unreachable } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { ListSettings } from '../config/site.ts';
import { bounceHistory } from '../list/bounce-history.ts';
import { DAY_MS } from '../list/bounce-score.ts';
import { findMember } from '../list/roster.ts';
import { findStanding, type Standing } from '../list/standing.ts';
import type { Database } from '../state/connection.ts';
import type { Context } from './context.ts';
import { print, printJson } from './io.ts';
import { printable } from './table.ts';

/** Prints a member's settings, standing and latest bounces. @throws ExpectedError (EX_NOUSER) */
export function showMember(
  db: Database,
  list: ListSettings,
  address: string,
  { io, globals }: Context,
): void {
  const member = findMember(db, list.address, address);
  if (member === null) throw new ExpectedError(EX.NOUSER, `${address} is not a member of ${list.address}`);
  const bounces = bounceHistory(db, list.address, address);
  const standing = findStanding(db, list.address, address);
  if (globals().json) {
    printJson(io, { ...member, standing: standing === null ? null : plain(standing), bounces });
    return;
  }
  const rows: [string, string][] = [
    ['address', member.address],
    ['name', member.name],
    ['delivery', member.delivery],
    ['posting', member.posting],
    ['since', time(member.since)],
  ];
  if (standing !== null) {
    rows.push(['score', `${standing.score.points} of ${list.bounces.threshold}`]);
    rows.push(['standing', inWords(standing, list)]);
  }
  for (const [index, { at, class: kind, status, diagnostic }] of bounces.entries()) {
    rows.push([index === 0 ? 'bounces' : '', `${time(at)} ${kind} ${status} ${diagnostic}`]);
  }
  print(io, rows.map(([key, value]) => `${key.padEnd(9)} ${printable(value)}`.trimEnd()).join('\n'));
}

/** The standing for machines; times in milliseconds since the epoch. */
function plain({ score, phase, phaseAt, warned, warnedAt }: Standing) {
  return { score: score.points, lastBounceAt: score.lastAt, phase, phaseAt, warned, warnedAt };
}

/** Where the member stands, and what comes next. */
function inWords({ phase, phaseAt, score, warned, warnedAt }: Standing, list: ListSettings): string {
  const { warnings, warnEveryMs, remove, probeLifeMs } = list.bounces;
  switch (phase) {
    case 'counting':
      return `counting, last bounce ${time(score.lastAt)}`;
    case 'told':
      return `owners told ${time(phaseAt)}`;
    case 'probing': {
      const until = phaseAt + Math.max(probeLifeMs, list.retry.giveUpMs + DAY_MS);
      return `probe sent ${time(phaseAt)}, passed unless it bounces before ${time(until)}`;
    }
    case 'failed':
      return `probe bounced ${time(phaseAt)}, delivery stops when this day is over`;
    case 'stopped': {
      const next = warned < warnings ? 'next' : remove ? 'removed' : null;
      const when = next === null || warnedAt === 0 ? '' : `, ${next} ${time(warnedAt + warnEveryMs)}`;
      return `stopped ${time(phaseAt)}, ${warned} of ${warnings} warnings sent${when}`;
    }
    default:
      return unreachable(phase);
  }
}

function time(at: number): string {
  return new Date(at).toISOString();
}

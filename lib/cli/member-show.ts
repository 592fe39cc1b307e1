/** One member in full, with what bounced. */
import { ExpectedError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { ListSettings } from '../config/site.ts';
import { bounceHistory } from '../list/bounce-score.ts';
import { findMember } from '../list/roster.ts';
import type { Database } from '../state/connection.ts';
import type { Context } from './context.ts';
import { print, printJson } from './io.ts';
import { printable } from './table.ts';

/** Prints a member's settings and latest bounces. @throws ExpectedError (EX_NOUSER) */
export function showMember(
  db: Database,
  list: ListSettings,
  address: string,
  { io, globals }: Context,
): void {
  const member = findMember(db, list.address, address);
  if (member === null) throw new ExpectedError(EX.NOUSER, `${address} is not a member of ${list.address}`);
  const bounces = bounceHistory(db, list.address, address);
  if (globals().json) {
    printJson(io, { ...member, bounces });
    return;
  }
  const rows: [string, string][] = [
    ['address', member.address],
    ['name', member.name],
    ['delivery', member.delivery],
    ['posting', member.posting],
    ['since', new Date(member.since).toISOString()],
  ];
  for (const [index, { at, status, diagnostic }] of bounces.entries()) {
    rows.push([index === 0 ? 'bounces' : '', `${new Date(at).toISOString()} ${status} ${diagnostic}`]);
  }
  print(io, rows.map(([key, value]) => `${key.padEnd(9)} ${printable(value)}`.trimEnd()).join('\n'));
}

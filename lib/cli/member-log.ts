/** What happened to one member, line by line. */
import { ExpectedError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { ListSettings } from '../config/site.ts';
import { memberLog } from '../list/member-log.ts';
import type { Database } from '../state/connection.ts';
import type { Context } from './context.ts';
import { print, printJson } from './io.ts';
import { printable } from './table.ts';

/** Prints the log of an address, the oldest line first. @throws ExpectedError (EX_NOUSER) when nothing is known of it */
export function showMemberLog(
  db: Database,
  list: ListSettings,
  address: string,
  { io, globals }: Context,
): void {
  const lines = memberLog(db, list.address, address);
  if (lines.length === 0) {
    throw new ExpectedError(EX.NOUSER, `nothing is known of ${address} on ${list.address}`);
  }
  if (globals().json) {
    for (const line of lines) printJson(io, line);
    return;
  }
  const width = Math.max(...lines.map(({ event }) => event.length));
  const rows = lines.map(
    ({ at, event, detail }) => `${new Date(at).toISOString()}  ${event.padEnd(width)}  ${printable(detail)}`,
  );
  print(io, rows.map((row) => row.trimEnd()).join('\n'));
}

/** `qrunner member`: one address on the command line, or many on standard input. */
import type { Command } from 'commander';
import { ExpectedError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { Configuration, ListSettings } from '../config/site.ts';
import {
  DELIVERIES,
  listMembers,
  MEMBER_POSTINGS,
  type MemberChanges,
  removeMember,
  setMember,
} from '../list/roster.ts';
import type { Database } from '../state/connection.ts';
import type { Context } from './context.ts';
import { isTerminal, print, printJson } from './io.ts';
import { addFrom, ON_COMMAND_LINE } from './member-add.ts';
import { showMemberLog } from './member-log.ts';
import { showMember } from './member-show.ts';
import { findList, lazyDatabase, openSite } from './open-site.ts';
import { formatTable } from './table.ts';

/** Declares the command and its own commands. */
export function declare(command: Command, context: Context): void {
  command.description('Members of a list.');
  command
    .command('add')
    .summary('add one member, or many from standard input')
    .description(
      'Add ADDRESSes. Without one, or with "-", read them from standard input, one a line, as ADDRESS or NAME <ADDRESS>; "#" begins a comment. When a line is wrong, nothing is added.',
    )
    .argument('<list>')
    .argument('[address...]')
    .action(async (name: string, addresses: string[]) => {
      const { list, db } = await open(name, context);
      await addFrom(db, list, addresses, context);
    });
  command
    .command('rm')
    .summary('remove members')
    .argument('<list>')
    .argument('<address...>')
    .action(async (name: string, addresses: string[]) => {
      const { list, db } = await open(name, context);
      forEachMember(db, list, addresses, (address) => removeMember(db, list.address, address, made()));
      print(context.io, addresses.map((address) => `removed ${address}`).join('\n'));
    });
  command
    .command('ls')
    .summary('list the members')
    .argument('<list>')
    .action(async (name: string) => {
      const { list, db } = await open(name, context);
      await show(db, list, context);
    });
  command
    .command('show')
    .summary('print a member and what bounced')
    .argument('<list>')
    .argument('<address>')
    .action(async (name: string, address: string) => {
      const { list, db } = await open(name, context);
      showMember(db, list, address, context);
    });
  command
    .command('log')
    .summary('print what happened to a member')
    .description('Print what happened to a member, the latest last; also when he is no member any more.')
    .argument('<list>')
    .argument('<address>')
    .action(async (name: string, address: string) => {
      const { list, db } = await open(name, context);
      showMemberLog(db, list, address, context);
    });
  command
    .command('set')
    .summary('change a member')
    .argument('<list>')
    .argument('<address...>')
    .option('--delivery <how>', DELIVERIES.join(', '), word('--delivery', DELIVERIES))
    .option('--posting <action>', MEMBER_POSTINGS.join(', '), word('--posting', MEMBER_POSTINGS))
    .option('--name <name>', 'the name shown beside the address')
    .action(async (name: string, addresses: string[], changes: MemberChanges) => {
      if (Object.keys(changes).length === 0) {
        throw new ExpectedError(EX.USAGE, 'say what to change: --delivery, --posting or --name');
      }
      const { list, db } = await open(name, context);
      forEachMember(db, list, addresses, (address) => setMember(db, list.address, address, changes, made()));
      print(context.io, addresses.map((address) => `changed ${address}`).join('\n'));
    });
}

/** Who changes members here, and when. */
const made = () => ({ by: ON_COMMAND_LINE, at: Date.now() });

async function open(
  name: string,
  context: Context,
): Promise<{ configuration: Configuration; list: ListSettings; db: Database }> {
  const configuration = await openSite(context);
  const list = findList(configuration, name);
  return { configuration, list, db: await lazyDatabase(configuration.site)() };
}

/** Checks the value of an option against its words. */
function word<const Word extends string>(option: string, words: readonly Word[]): (value: string) => Word {
  return (value) => {
    const found = words.find((known) => known === value);
    if (found === undefined)
      throw new ExpectedError(EX.USAGE, `cannot use ${option} "${value}": wanted ${words.join(', ')}`);
    return found;
  };
}

/** All of them or none. @throws ExpectedError (EX_NOUSER) that names the first who is no member */
function forEachMember(
  db: Database,
  list: ListSettings,
  addresses: readonly string[],
  change: (address: string) => boolean,
): void {
  db.transaction(() => {
    for (const address of addresses) {
      if (!change(address))
        throw new ExpectedError(
          EX.NOUSER,
          `${address} is not a member of ${list.address}; nothing was changed`,
        );
    }
  });
}

async function show(db: Database, list: ListSettings, { io, globals }: Context): Promise<void> {
  const members = listMembers(db, list.address);
  if (globals().json) {
    for (const member of members) printJson(io, member);
    return;
  }
  // Without a terminal: lines that `member add` reads again.
  if (!isTerminal(io)) {
    for (const { address, name } of members)
      print(io, name === '' ? address : `${quoteName(name)} <${address}>`);
    return;
  }
  if (members.length === 0) return print(io, `${list.address} has no members.`);
  const rows = members.map(({ address, name, delivery, posting, since }) => [
    address,
    name,
    delivery,
    posting,
    new Date(since).toISOString().slice(0, 10),
  ]);
  const heads = ['address', 'name', 'delivery', 'posting', 'since'];
  print(
    io,
    await formatTable(
      heads.map((head) => ({ head })),
      rows,
      true,
    ),
  );
}

function quoteName(name: string): string {
  return `"${name.replace(/["\\]/g, '\\$&')}"`;
}

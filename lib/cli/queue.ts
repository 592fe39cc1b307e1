/**
 * `qrunner queue`: what lies where, one entry in full, and the moves a person may make. A move is on the disk when its
 * line is printed.
 */
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { ExpectedError, errorText, isSystemError, TemporaryError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import { ringBell } from '../spool/bell.ts';
import { forgetReason, hold, type Place, release, remove } from '../spool/move.ts';
import type { Spool } from '../spool/spool.ts';
import type { State } from '../spool/state.ts';
import { findEntry, placeOfSeen, type Seen } from '../spool/survey.ts';
import type { Context } from './context.ts';
import { print } from './io.ts';
import { openSite, openSiteSpool } from './open-site.ts';
import { showEntries, showEntry, showSummary } from './queue-show.ts';

/** Declares the command and its own commands. */
export function declare(command: Command, context: Context): void {
  const spool = async () => openSiteSpool((await openSite(context)).site);
  command.description('What lies in the queues: how much in each state, and how old.').action(async () => {
    await showSummary(await spool(), context);
  });
  command
    .command('ls')
    .summary('list the entries one by one')
    .description('List the entries one by one, oldest first.')
    .argument('[queue]', 'only this queue')
    .argument('[state]', 'only this state')
    .action(async (queue: string | undefined, state: string | undefined) => {
      await showEntries(await spool(), context, queue, state);
    });
  command
    .command('show')
    .summary('print an entry’s metadata, reason and message')
    .description('Print an entry’s metadata, the reason why it is where it is, and its message.')
    .argument('<id>', 'the id or its beginning, or the beginning of the hash in it')
    .option('--message', 'print the message only, byte for byte')
    .action(async (id: string, options: { message?: boolean }) => {
      await showEntry(only(await spool(), id), context, options.message === true);
    });
  for (const { summary, ...move } of MOVES) {
    command
      .command(move.name)
      .summary(summary)
      .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}. Works in ${move.from.join(', ')}.`)
      .argument('<id...>', 'ids or their beginnings')
      .action(async (ids: string[]) => {
        const opened = await spool();
        for (const id of ids) await moveOne(opened, id, move, context);
      });
  }
}

type OperatorMove = {
  readonly name: string;
  readonly from: readonly State[];
  /** Where the entry lies then, its old place when it is gone; `null` when somebody else was quicker. */
  readonly move: (spool: Spool, place: Place) => Place | null;
  /** What is left to do when the move is on the disk. */
  readonly tidy?: (place: Place) => void;
};

const MOVES: readonly (OperatorMove & { readonly summary: string })[] = [
  {
    name: 'hold',
    summary: 'keep entries from being worked on',
    from: ['new', 'deferred'],
    move: ({ layout }, place) => hold(layout, place, 'held by a person'),
  },
  {
    name: 'release',
    summary: 'give entries back to their runner',
    from: ['held', 'shunt', 'bad'],
    move: ({ layout }, place) => {
      const free = release(layout, place);
      if (free) ringBell(layout, free.queue, free.name.id);
      return free;
    },
    tidy: forgetReason,
  },
  {
    name: 'delete',
    summary: 'remove entries for good',
    from: ['held', 'shunt', 'bad'],
    move: ({ layout }, place) => (remove(layout, place) ? place : null),
    tidy: forgetReason,
  },
];

async function moveOne(
  spool: Spool,
  id: string,
  { name, from, move, tidy }: OperatorMove,
  { io }: Context,
): Promise<void> {
  const seen = only(spool, id);
  const place = placeOfSeen(seen);
  const shown = seen.name?.id ?? seen.file;
  if (!from.includes(seen.state)) {
    throw new ExpectedError(
      EX.DATAERR,
      `cannot ${name} ${shown}: it is in ${seen.queue}/${seen.state}, wanted ${from.join(', ')}`,
    );
  }
  if (place === null) {
    throw new ExpectedError(
      EX.DATAERR,
      `cannot ${name} ${shown}: its name is not that of an entry; see to the file ${seen.path}`,
    );
  }
  let there: Place | null;
  try {
    there = move(spool, place);
    if (there) {
      await spool.syncDirectory(dirname(there.path));
      tidy?.(place);
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new TemporaryError(`cannot ${name} ${shown}: ${errorText(error)}`, { cause: error });
  }
  if (!there) throw new ExpectedError(EX.NOUSER, `${shown} is no longer in ${seen.queue}/${seen.state}`);
  print(io, `${name} ${seen.queue}/${seen.state} ${shown}`);
}

/** The one entry a person means. @throws ExpectedError when there is none, or more than one */
function only(spool: Spool, id: string): Seen {
  const found = findEntry(spool.layout, id);
  const [first, second] = found;
  if (!first) throw new ExpectedError(EX.NOUSER, `no entry "${id}": it was finished, or has another id`);
  if (second) {
    const which = found
      .slice(0, 5)
      .map((seen) => `${seen.name?.id ?? seen.file} (${seen.queue}/${seen.state})`);
    throw new ExpectedError(EX.USAGE, `"${id}" is not enough to tell ${which.join(', ')} apart`);
  }
  return first;
}

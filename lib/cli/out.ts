/** `qrunner out`: what a person holds back of the mail that goes out, and what he wants tried now. */
import { type Command, Option } from 'commander';
import { ExpectedError, errorText, isSystemError, TemporaryError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import { addRule, listRules, type RuleTarget, removeHolds, targetWords } from '../deliver/delivery-rules.ts';
import { wakeDestinations } from '../deliver/destination-memory.ts';
import { wakeDeferred } from '../spool/wake.ts';
import type { Database } from '../state/connection.ts';
import type { Context } from './context.ts';
import { print, printJson } from './io.ts';
import { findList, lazyDatabase, openSite, openSiteSpool } from './open-site.ts';

type TargetOptions = { readonly list?: string; readonly destination?: string; readonly member?: string };

/** Declares the command and its own commands. */
export function declare(command: Command, context: Context): void {
  command
    .description('What is held back of the mail that goes out.')
    .action(async () => showHolds(await openState(context), context));
  for (const { name, summary, description, act } of ACTS) {
    command
      .command(name)
      .summary(summary)
      .description(description)
      .addOption(new Option('--list <list>', 'only mail of this list').conflicts(['destination', 'member']))
      .addOption(
        new Option('--destination <name>', 'only mail to this domain or destination').conflicts('member'),
      )
      .option('--member <address>', 'only mail to this address')
      .action(async (options: TargetOptions) => {
        const target = await targetOf(options, context);
        await act(await openState(context), target, context);
      });
  }
}

type Act = (db: Database, target: RuleTarget, context: Context) => Promise<void>;

const ACTS: readonly {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly act: Act;
}[] = [
  {
    name: 'hold',
    summary: 'keep mail back until it is released',
    description: 'Keep mail back: it waits in retry until it is released, however long that takes.',
    act: async (db, target, { io }) => {
      addRule(db, 'hold', target, Date.now());
      print(io, `hold ${targetWords(target)}`);
    },
  },
  {
    name: 'release',
    summary: 'take a hold back; what waited is tried with the next run',
    description:
      'Take a hold back, the one that was said with the same options, or all of them; what it kept is tried with the next run.',
    act: async (db, target, context) => {
      const all = target.scope === 'all';
      const count = removeHolds(db, all ? null : target);
      if (count === 0) throw new ExpectedError(EX.NOUSER, `there is no hold on ${targetWords(target)}`);
      print(
        context.io,
        all ? `release ${count} ${count === 1 ? 'hold' : 'holds'}` : `release ${targetWords(target)}`,
      );
      await tryNow(db, 'release', target, context);
    },
  },
  {
    name: 'flush',
    summary: 'try what waits with the next run, whatever holds it back',
    description:
      'Try what waits with the next run, once, before its time and whatever holds it back: a hold, a schedule, a ' +
      'destination that could not be reached.',
    act: async (db, target, context) => {
      if (target.scope === 'all') wakeDestinations(db, null);
      else if (target.scope === 'destination') wakeDestinations(db, target.value);
      print(context.io, `flush ${targetWords(target)}`);
      await tryNow(db, 'flush', target, context);
    },
  },
];

async function tryNow(
  db: Database,
  word: 'release' | 'flush',
  target: RuleTarget,
  context: Context,
): Promise<void> {
  addRule(db, word, target, Date.now());
  const { site } = await openSite(context);
  try {
    const woken = await wakeDeferred(openSiteSpool(site), 'retry');
    const entries = woken === 1 ? 'an entry' : `${woken} entries`;
    print(context.io, woken === 0 ? 'Nothing waits in retry.' : `The next run looks at ${entries} in retry.`);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new TemporaryError(`cannot wake the queue retry: ${errorText(error)}`, { cause: error });
  }
}

function showHolds(db: Database, { io, globals }: Context): void {
  const holds = listRules(db).filter(({ kind }) => kind === 'hold');
  if (globals().json) printJson(io, holds);
  else if (holds.length === 0) print(io, 'Nothing is held back.');
  if (globals().json) return;
  for (const hold of holds) print(io, `hold ${targetWords(hold)}, since ${new Date(hold.at).toISOString()}`);
}

async function openState(context: Context): Promise<Database> {
  return lazyDatabase((await openSite(context)).site)();
}

async function targetOf({ list, destination, member }: TargetOptions, context: Context): Promise<RuleTarget> {
  if (list !== undefined) return { scope: 'list', value: findList(await openSite(context), list).address };
  if (destination !== undefined) return { scope: 'destination', value: destination };
  if (member !== undefined) return { scope: 'member', value: member };
  return { scope: 'all', value: '' };
}

/** `qrunner destinations`: where mail went, what could not be reached and when it is tried again. */
import type { Command } from 'commander';
import { formatDuration } from '../base/duration.ts';
import { ExpectedError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import { type DestinationRecord, listDestinations } from '../deliver/destination-memory.ts';
import type { Context } from './context.ts';
import { print, printJson } from './io.ts';
import { lazyDatabase, openSite } from './open-site.ts';
import { formatTable, printable } from './table.ts';

/** Declares the command and its own commands. */
export function declare(command: Command, context: Context): void {
  const database = async () => lazyDatabase((await openSite(context)).site)();
  command
    .description(
      'Where mail went of late: those that could not be reached first, with when they are tried again.',
    )
    .action(async () => {
      const all = listDestinations(await database());
      if (context.globals().json) return printJson(context.io, all.map(withoutConversation));
      print(context.io, await table(all, Date.now(), context.io.stdout.isTTY === true));
    });
  command
    .command('show')
    .summary('print what is known of a destination, with the last failed conversation')
    .description('Print what is known of a destination, and what was said when it could not be reached last.')
    .argument('<name>', 'its name, or a part of it that no other has')
    .action(async (name: string) => {
      const record = only(listDestinations(await database()), name);
      if (context.globals().json) return printJson(context.io, record);
      print(context.io, details(record, Date.now()));
    });
}

/** The destination a person means. @throws ExpectedError when there is none, or more than one */
function only(all: readonly DestinationRecord[], name: string): DestinationRecord {
  const exact = all.find((record) => record.name === name);
  if (exact) return exact;
  const [first, second] = all.filter((record) => record.name.includes(name));
  if (!first) throw new ExpectedError(EX.NOUSER, `no destination "${name}": nothing was sent there of late`);
  if (second)
    throw new ExpectedError(
      EX.USAGE,
      `"${name}" is not enough to tell ${first.name} and ${second.name} apart`,
    );
  return first;
}

function withoutConversation(record: DestinationRecord): object {
  const { conversation, ...rest } = record;
  return { ...rest, hasConversation: conversation !== null };
}

function ago(at: number | null, now: number): string {
  return at === null ? '-' : `${formatDuration(Math.max(0, now - at))} ago`;
}

function again({ failures, notBefore }: DestinationRecord, now: number): string {
  if (failures === 0) return '-';
  return notBefore > now ? `in ${formatDuration(notBefore - now)}` : 'with the next mail';
}

async function table(all: readonly DestinationRecord[], now: number, colour: boolean): Promise<string> {
  if (all.length === 0) return 'Nothing was sent yet.';
  return formatTable(
    [
      { head: 'destination' },
      { head: 'reached' },
      { head: 'connections', right: true },
      { head: 'failures', right: true },
      { head: 'tried again' },
      { head: 'last error' },
    ],
    all.map((record) => [
      record.name,
      ago(record.reachedAt, now),
      record.window,
      record.failures === 0 ? '-' : record.failures,
      again(record, now),
      record.failures === 0 ? '' : (record.error ?? ''),
    ]),
    colour,
  );
}

function details(record: DestinationRecord, now: number): string {
  const time = (at: number | null) =>
    at === null ? 'never' : `${new Date(at).toISOString()} (${ago(at, now)})`;
  const rows: [string, string][] = [
    ['destination', record.name],
    ['reached', time(record.reachedAt)],
    ['connections', String(record.window)],
    ['failures', `${record.failures} in a row`],
    ['failed', time(record.failedAt)],
    ['tried again', again(record, now)],
    ['last error', record.error ?? ''],
  ];
  const lines = rows.map(([key, value]) => `${key.padEnd(12)} ${printable(value)}`.trimEnd());
  if (record.conversation)
    lines.push(
      '',
      ...record.conversation
        .trimEnd()
        .split('\n')
        .map((line) => `  ${printable(line)}`),
    );
  return lines.join('\n');
}

/** The views of `qrunner queue`. */
import { pipeline } from 'node:stream/promises';
import { formatDuration } from '../base/duration.ts';
import { ExpectedError, isPipeClosed } from '../base/errors.ts';
import { formatSize } from '../base/size.ts';
import { EX } from '../base/sysexits.ts';
import type { Attempt } from '../spool/entry.ts';
import { type EntryFile, readEntryFile, streamMessage } from '../spool/entry-file.ts';
import type { Spool } from '../spool/spool.ts';
import { STATES, type State } from '../spool/state.ts';
import { eachSeen, reasonOf, type Seen, seeState } from '../spool/survey.ts';
import type { Context } from './context.ts';
import { type Io, isTerminal, print, printJson } from './io.ts';
import { formatTable, printable } from './table.ts';

/** States that hold entries for somebody; tmp is no promise yet. */
const SHOWN = STATES.filter((state) => state !== 'tmp');

/** What a state holds, in numbers; times in milliseconds since the epoch. */
type Sum = {
  readonly queue: string;
  readonly state: State;
  count: number;
  oldestAt: number;
  newestAt: number;
  nextDueAt: number | null;
};

/** Counts a state's entries one after the other: there may be a million. `null` when it holds none. */
function sumOf(spool: Spool, queue: string, state: State): Sum | null {
  const sum: Sum = {
    queue,
    state,
    count: 0,
    oldestAt: Number.POSITIVE_INFINITY,
    newestAt: 0,
    nextDueAt: null,
  };
  for (const { receivedAt, dueAt } of eachSeen(spool.layout, queue, state)) {
    sum.count++;
    sum.oldestAt = Math.min(sum.oldestAt, receivedAt);
    sum.newestAt = Math.max(sum.newestAt, receivedAt);
    if (dueAt !== null) sum.nextDueAt = Math.min(sum.nextDueAt ?? dueAt, dueAt);
  }
  return sum.count === 0 ? null : sum;
}

/** A row per queue and state that holds something: how many, how old, when due. */
export async function showSummary(spool: Spool, { io, globals }: Context): Promise<void> {
  const rows = spool.layout.queues.flatMap((queue) =>
    SHOWN.flatMap((state) => sumOf(spool, queue, state) ?? []),
  );
  if (globals().json) return printJson(io, rows);
  if (rows.length === 0) return print(io, 'All queues are empty.');
  const now = Date.now();
  const table = await formatTable(
    [
      { head: 'queue' },
      { head: 'state' },
      { head: 'count', right: true },
      { head: 'oldest', right: true },
      { head: 'newest', right: true },
      { head: 'next due' },
    ],
    rows.map(({ queue, state, count, oldestAt, newestAt, nextDueAt }) => [
      queue,
      state,
      count,
      formatDuration(now - oldestAt),
      formatDuration(now - newestAt),
      nextDueAt === null ? '' : dueWords(nextDueAt, now),
    ]),
    isTerminal(io),
  );
  print(io, table);
}

function dueWords(dueAt: number, now: number): string {
  return dueAt <= now ? 'now' : `in ${formatDuration(dueAt - now)}`;
}

/** A row per entry. @throws ExpectedError for a queue or state there is not */
export async function showEntries(
  spool: Spool,
  { io, globals }: Context,
  queue: string | undefined,
  state: string | undefined,
): Promise<void> {
  if (queue !== undefined && !spool.layout.queues.includes(queue)) {
    throw new ExpectedError(EX.USAGE, `no queue "${queue}": there are ${spool.layout.queues.join(', ')}`);
  }
  if (state !== undefined && !STATES.some((known) => known === state)) {
    throw new ExpectedError(EX.USAGE, `no state "${state}": there are ${STATES.join(', ')}`);
  }
  const states: readonly State[] = state === undefined ? SHOWN : STATES.filter((known) => known === state);
  const queues = queue === undefined ? spool.layout.queues : [queue];
  const all = queues.flatMap((name) => states.flatMap((wanted) => seeState(spool.layout, name, wanted)));
  if (globals().json) {
    for (const seen of all) printJson(io, describeSeen(seen));
    return;
  }
  if (all.length === 0) return print(io, 'Nothing there.');
  const now = Date.now();
  const rows = all.map((seen) => {
    const entry = readQuietly(seen);
    return [
      seen.name?.id ?? seen.file,
      `${seen.queue}/${seen.state}`,
      formatDuration(now - seen.receivedAt),
      entry === null ? '?' : formatSize(entry.messageLength),
      entry?.meta.list ?? '',
      entry?.meta.sender === '' ? '<>' : (entry?.meta.sender ?? ''),
      seen.dueAt === null
        ? (reasonOf(seen)?.split('\n', 1)[0]?.slice(25, 85) ?? '')
        : `due ${dueWords(seen.dueAt, now)}`,
    ];
  });
  const heads = ['id', 'where', 'age', 'size', 'list', 'sender', 'why'];
  print(
    io,
    await formatTable(
      heads.map((head) => ({ head, right: head === 'age' || head === 'size' })),
      rows,
      isTerminal(io),
    ),
  );
}

function readQuietly(seen: Seen): EntryFile | null {
  try {
    const file = readEntryFile(seen.path);
    return typeof file === 'string' ? null : file;
  } catch {
    return null;
  }
}

function describeSeen(seen: Seen): Record<string, unknown> {
  const { queue, state, name, file, path, receivedAt, dueAt } = seen;
  const entry = readQuietly(seen);
  return {
    id: name?.id ?? null,
    file,
    queue,
    state,
    path,
    receivedAt,
    dueAt,
    failures: name?.failures ?? 0,
    claims: name?.claims ?? 0,
    released: name?.released ?? false,
    reason: reasonOf(seen),
    size: entry?.messageLength ?? null,
    meta: entry?.meta ?? null,
  };
}

/** Metadata, reason and message of one entry; only the message, byte for byte, on request. */
export async function showEntry(seen: Seen, { io, globals }: Context, messageOnly: boolean): Promise<void> {
  const entry = readEntryFile(seen.path);
  if (messageOnly) {
    if (typeof entry === 'string')
      throw new ExpectedError(EX.DATAERR, `${seen.path} is not readable as an entry: ${entry}`);
    return writeMessage(io, entry);
  }
  const described = describeSeen(seen);
  if (globals().json) return printJson(io, described);
  const rows: [string, string][] = [
    ['id', seen.name?.id ?? seen.file],
    ['where', `${seen.queue}/${seen.state}`],
    [
      'accepted',
      `${new Date(seen.receivedAt).toISOString()} (${formatDuration(Date.now() - seen.receivedAt)} ago)`,
    ],
  ];
  if (seen.dueAt !== null) rows.push(['due', new Date(seen.dueAt).toISOString()]);
  if (seen.name && seen.name.failures > 0) rows.push(['failures', String(seen.name.failures)]);
  if (seen.name && seen.name.claims > 0) rows.push(['claims', String(seen.name.claims)]);
  const reason = reasonOf(seen);
  if (reason !== null) rows.push(['reason', reason]);
  if (typeof entry === 'string') rows.push(['unreadable', entry]);
  else rows.push(...metaRows(entry));
  print(
    io,
    rows
      .map(
        ([key, value]) =>
          `${key.padEnd(11)} ${value
            .split('\n')
            .map(printable)
            .join(`\n${' '.repeat(12)}`)}`,
      )
      .join('\n'),
  );
  if (typeof entry === 'string') return;
  print(io, '');
  await writeMessage(io, entry);
}

function metaRows({ meta, messageLength }: EntryFile): [string, string][] {
  const rows: [string, string][] = [];
  if (meta.list !== null) rows.push(['list', meta.list]);
  if (meta.role !== null)
    rows.push(['role', meta.role + (meta.extension === null ? '' : ` +${meta.extension}`)]);
  rows.push(['sender', meta.sender === null ? '(unknown)' : meta.sender === '' ? '<>' : meta.sender]);
  if (meta.recipients.length > 0) rows.push(['recipients', meta.recipients.join('\n')]);
  if (meta.origin !== null) rows.push(['made by', `${meta.origin.queue} ${meta.origin.id}`]);
  if (meta.attempts !== null) {
    for (const [index, [recipient, attempt]] of Object.entries(meta.attempts).entries())
      rows.push([index === 0 ? 'attempts' : '', `${recipient}: ${attemptWords(attempt)}`]);
  }
  if (meta.conversation !== null) rows.push(['last said', meta.conversation.trimEnd()]);
  rows.push(['size', `${messageLength} bytes`]);
  return rows;
}

/** `failed 2 times since …, due …: 450 later`; or `out of reach since …`, or `waits until …`. */
function attemptWords({ failures, firstFailedAt, dueAt, reply }: Attempt): string {
  const due = new Date(dueAt).toISOString();
  if (firstFailedAt === null) return `waits until ${due}: ${reply}`;
  const what = failures === 0 ? 'out of reach' : failures === 1 ? 'failed once' : `failed ${failures} times`;
  return `${what} since ${new Date(firstFailedAt).toISOString()}, due ${due}: ${reply}`;
}

/** On a terminal control characters are shown, not sent. */
async function writeMessage(io: Io, entry: EntryFile): Promise<void> {
  if (!isTerminal(io)) {
    await pipeline(streamMessage(entry), io.stdout, { end: false }).catch((error: unknown) => {
      if (!isPipeClosed(error)) throw error;
    });
    return;
  }
  for await (const chunk of streamMessage(entry)) {
    const text = Buffer.isBuffer(chunk) ? chunk.toString('latin1') : String(chunk);
    const bytes = Buffer.from(text, 'latin1').toString('utf8');
    print(
      io,
      bytes
        .split(/\r?\n/)
        .map((line) => line.split('\t').map(printable).join('\t'))
        .join('\n'),
    );
  }
}

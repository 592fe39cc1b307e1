/**
 * Adding members, one or a hundred thousand.
 *
 * Promises: when one line is wrong, all wrong lines are told, with their numbers, and nobody is added.
 */
import { ExpectedError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { ListSettings } from '../config/site.ts';
import { addMembers, type NewMember } from '../list/roster.ts';
import { addressKey, addressProblem, mailboxes, parseAddress } from '../mail/address.ts';
import type { Database } from '../state/connection.ts';
import type { Context } from './context.ts';
import { complain, type Io, print, printJson } from './io.ts';

/** Who adds and changes members here, for their logs. */
export const ON_COMMAND_LINE = 'on the command line';

/** Wrong lines that are told one by one. */
const TOLD = 100;

/** Lines as read: members, and what is wrong with the others. */
export type ReadMembers = {
  readonly members: readonly NewMember[];
  /** `line 3: "x" …` */
  readonly wrong: readonly string[];
  /** Lines whose address an earlier line has. */
  readonly twice: readonly string[];
};

/** Reads members, one a line: `ADDRESS` or `NAME <ADDRESS>`, `#` begins a comment line. */
export function readMembers(lines: readonly string[], where: (index: number) => string): ReadMembers {
  const members: NewMember[] = [];
  const wrong: string[] = [];
  const twice: string[] = [];
  const firstAt = new Map<string, number>();
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const boxes = line.includes('<') ? mailboxes(line) : [{ name: '', address: line }];
    const [box] = boxes;
    const address = box && boxes.length === 1 ? parseAddress(box.address) : null;
    if (!box || address === null) {
      const why = boxes.length === 1 ? addressProblem(box?.address ?? '') : 'wanted one address on a line';
      wrong.push(`${where(index)}: "${line.slice(0, 80)}": ${why}`);
      continue;
    }
    const key = addressKey(address);
    const before = firstAt.get(key);
    if (before === undefined) {
      firstAt.set(key, index);
      members.push({ address, name: box.name });
    } else {
      twice.push(`${where(index)}: ${address} stands in ${where(before)} already`);
    }
  }
  return { members, wrong, twice };
}

/** Adds members from the command line, or from standard input when none is named there. */
export async function addFrom(
  db: Database,
  list: ListSettings,
  addresses: readonly string[],
  context: Context,
): Promise<void> {
  const { io } = context;
  const fromInput = addresses.length === 0 || (addresses.length === 1 && addresses[0] === '-');
  const lines = fromInput ? await readLines(io) : addresses;
  const read = readMembers(
    lines,
    fromInput ? (index) => `line ${index + 1}` : (index) => `address ${index + 1}`,
  );
  for (const line of [...read.twice, ...read.wrong].slice(0, TOLD)) complain(io, line);
  if (read.wrong.length > 0) {
    const count = read.wrong.length === 1 ? 'one address is' : `${read.wrong.length} addresses are`;
    throw new ExpectedError(EX.DATAERR, `${count} wrong; nobody was added`);
  }
  const progress = await startProgress(io, read.members.length);
  const { added, present } = addMembers(
    db,
    list.address,
    read.members,
    Date.now(),
    progress.update,
    ON_COMMAND_LINE,
  );
  progress.stop();
  if (context.globals().json)
    return printJson(io, { list: list.address, added, present, twice: read.twice.length });
  const parts = [`added ${added}`];
  if (present > 0) parts.push(`${present} ${present === 1 ? 'was a member' : 'were members'} already`);
  if (read.twice.length > 0) parts.push(`${read.twice.length} named twice`);
  print(io, `${list.address}: ${parts.join(', ')}`);
}

async function readLines(io: Io): Promise<string[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8').split(/\r?\n/);
}

/** A bar on a terminal when there is much to do, nothing elsewhere. */
async function startProgress(
  io: Io,
  total: number,
): Promise<{ update: (done: number) => void; stop: () => void }> {
  if (io.stderr.isTTY !== true || total < 2000) return { update: () => {}, stop: () => {} };
  const { default: progress } = await import('cli-progress');
  const bar = new progress.SingleBar({
    format: '{bar} {value}/{total} members',
    stopOnComplete: true,
    clearOnComplete: true,
  });
  bar.start(total, 0);
  return { update: (done) => bar.update(done), stop: () => bar.stop() };
}

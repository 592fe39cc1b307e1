/**
 * A message that comes in once, into one entry for each recipient.
 *
 * Promises: a recipient whose reply begins with 250 has his entry, durable and with its bell rung; of every other
 * nothing is left. The message is written to the disk as it comes, into the tmp/ of the first recipient's queue, and
 * copied from there; it is never held in memory.
 * Fails: by replies. Only what the message itself throws (the client left, it is too large) is thrown on.
 */
import { open } from 'node:fs/promises';
import { errorText } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { looksLikeMessage } from '../mail/head.ts';
import { listAddress } from '../mail/list-address.ts';
import { acceptStaged, dropStaged, type Staged, stageEntry } from '../spool/add.ts';
import { EMPTY_META, type EntryMeta } from '../spool/entry.ts';
import { type EntryFile, readEntryFile } from '../spool/entry-file.ts';
import type { Spool } from '../spool/spool.ts';
import { readBeginning, usableSender } from './inject.ts';
import { type ListTarget, QUEUE_OF_ROLE } from './list-target.ts';
import { type Reply, reply, troubleReply, troubleText } from './lmtp-reply.ts';

/** What is read at once of a message that is copied, bytes. */
const COPY_BYTES = 256 * 1024;

/** A post as its list's rules see it. */
export type IncomingPost = {
  readonly list: ListTarget['list'];
  /** RFC 5321 reverse-path; `''` null, `null` unknown. */
  readonly sender: string | null;
  /** The first 64 KB of the message, or all of it. */
  readonly beginning: Buffer;
  /** Bytes as stored. */
  readonly size: number;
};

/** Whether the list's rules turn a post away: the reply, or `null` when it is taken. */
export type TurnAway = (post: IncomingPost) => Promise<Reply | null>;

/** What is received, and where it goes. */
export type Incoming = {
  readonly spool: Spool;
  /** Reverse-path as the client gave it. */
  readonly sender: string;
  /** At least one. */
  readonly targets: readonly ListTarget[];
  readonly turnAway: TurnAway;
  /** Who sent it, for the log. */
  readonly peer: string;
  readonly log: Log;
};

/** Receives a message. One reply for each target, in their order. */
export async function receive(incoming: Incoming, message: AsyncIterable<Buffer>): Promise<Reply[]> {
  const { spool, targets, log, peer } = incoming;
  const sender = usableSender(incoming.sender);
  const metas = targets.map(({ list, role, extension }): EntryMeta => {
    return { ...EMPTY_META, list: list.address, role, extension, sender };
  });
  const { beginning, rest } = await readBeginning(message[Symbol.asyncIterator]());
  if (!looksLikeMessage(beginning)) {
    const why = beginning.length === 0 ? 'the message is empty' : 'the message has nothing printable';
    return targets.map(() => reply(554, '5.6.0', why));
  }
  const staged: (Staged | null)[] = targets.map(() => null);
  const trouble = (error: unknown, to: string) => {
    log('error', 'lmtp-trouble', { reason: troubleText(error), list: to, peer });
    return troubleReply(error);
  };

  const [firstTarget] = targets;
  const [firstMeta] = metas;
  if (firstTarget === undefined || firstMeta === undefined) throw new Error('a message for nobody');
  let first: Staged;
  const source = passingFaults(joined(beginning, rest));
  try {
    first = await stageEntry(spool, QUEUE_OF_ROLE[firstTarget.role], firstMeta, source.bytes);
  } catch (error) {
    if (error === source.fault()) throw error;
    const answer = trouble(error, firstTarget.list.address);
    return targets.map(() => answer);
  }
  staged[0] = first;

  /** Looks at the rules and makes the recipient's own copy; a reply when he gets none. */
  const prepare = async ({ list, role }: ListTarget, index: number): Promise<Reply | null> => {
    try {
      if (role === 'posting') {
        const refusal = await incoming.turnAway({ list, sender, beginning, size: first.size });
        if (refusal !== null) return refusal;
      }
      const meta = metas[index];
      if (index > 0 && meta) staged[index] = await copyOf(spool, first, QUEUE_OF_ROLE[role], meta);
      return null;
    } catch (error) {
      return trouble(error, list.address);
    }
  };

  const finish = async ({ list, role, extension }: ListTarget, index: number): Promise<Reply> => {
    const entry = staged[index];
    if (!entry) return reply(451, '4.3.0', 'trouble here, try again later');
    try {
      const { id, size } = await acceptStaged(spool, entry);
      staged[index] = null;
      const { queue } = entry;
      log('info', 'lmtp-accept', { queue, id, list: list.address, role, extension, sender, size, peer });
      return reply(250, '2.0.0', `${listAddress(list, role, extension)} accepted as ${queue}/${id}`);
    } catch (error) {
      return trouble(error, list.address);
    }
  };

  try {
    const refusals: (Reply | null)[] = [];
    // One after the other: each copy needs its room, and each needs the disk.
    for (const [index, target] of targets.entries()) refusals.push(await prepare(target, index));
    // Together: their directories are synced together.
    return await Promise.all(
      targets.map(async (target, index) => refusals[index] ?? (await finish(target, index))),
    );
  } finally {
    for (const entry of staged) if (entry !== null) dropStaged(entry);
  }
}

/** A second entry with the message of one that lies in tmp/. */
async function copyOf(spool: Spool, from: Staged, queue: string, meta: EntryMeta): Promise<Staged> {
  const file = readEntryFile(from.path);
  if (typeof file === 'string') throw new Error(`the entry just written cannot be read: ${errorText(file)}`);
  return stageEntry(spool, queue, meta, messageOf(file));
}

/** The message of an entry in pieces. All but short ones share one buffer, and are good until the next one. */
async function* messageOf({ path, messageAt }: EntryFile): AsyncGenerator<Buffer> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(COPY_BYTES);
    for (let at = messageAt; ; ) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      // A short piece may be kept by whoever writes it until there is more; a full one is written at once.
      yield bytesRead < buffer.length ? Buffer.from(buffer.subarray(0, bytesRead)) : buffer;
    }
  } finally {
    await handle.close();
  }
}

async function* joined(beginning: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield beginning;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}

/** The same bytes; `fault` is what their source threw, to be told from the trouble of whoever writes them. */
function passingFaults(bytes: AsyncIterable<Uint8Array>) {
  let thrown: unknown;
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      yield* bytes;
    } catch (error) {
      thrown = error;
      throw error;
    }
  }
  return { bytes: watched(), fault: () => thrown };
}

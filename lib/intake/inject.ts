/**
 * A message from a pipe into its queue.
 *
 * Promises: when it resolves, the entry is durable. When it throws, nothing is left of it.
 * Fails: ExpectedError with EX_DATAERR for what is no message or too large, EX_TEMPFAIL for all that may pass.
 */
import { formatDuration } from '../base/duration.ts';
import { ExpectedError, errorText, TemporaryError } from '../base/errors.ts';
import { formatSize } from '../base/size.ts';
import { EX } from '../base/sysexits.ts';
import { parseAddress } from '../mail/address.ts';
import { looksLikeMessage } from '../mail/head.ts';
import { envelopeSender, parseHeader } from '../mail/header.ts';
import { type Added, addEntry } from '../spool/add.ts';
import { EMPTY_META, type EntryMeta, type Role } from '../spool/entry.ts';
import type { Spool } from '../spool/spool.ts';

/** How long a writer may take, milliseconds; far below the age at which recovery clears tmp/ (36 hours). */
export const INJECT_PATIENCE_MS = 3_600_000;

/** The first part of a message that is looked at before anything is written, bytes. */
const BEGINNING = 64 * 1024;

/** What is known of a message before it is read. */
export type Injection = {
  readonly queue: string;
  readonly list: string | null;
  readonly role: Role | null;
  readonly extension: string | null;
  /** RFC 5321 reverse-path; `null`: look into Return-Path or the mbox line. */
  readonly sender: string | null;
  /** Largest message taken, bytes. */
  readonly sizeLimit: number;
};

/** Reads the message to its end and accepts it. */
export async function inject(
  spool: Spool,
  injection: Injection,
  input: AsyncIterable<Uint8Array>,
): Promise<Added> {
  const { queue, list, role, extension, sizeLimit } = injection;
  const bounded = withDeadline(input, INJECT_PATIENCE_MS);
  const { beginning, rest } = await readBeginning(bounded);
  if (!looksLikeMessage(beginning)) {
    const what = beginning.length === 0 ? 'standard input is empty' : 'standard input has nothing printable';
    throw new ExpectedError(EX.DATAERR, `this is not a message: ${what}`);
  }
  const sender = usableSender(injection.sender ?? envelopeSender(parseHeader(beginning)));
  const meta: EntryMeta = { ...EMPTY_META, list, role, extension, sender };
  return addEntry(spool, queue, meta, limited(beginning, rest, sizeLimit));
}

/** The reverse-path, or `null` for what no mail server could answer to: it counts as unknown. */
export function usableSender(sender: string | null): string | null {
  return sender === null || sender === '' || parseAddress(sender) !== null ? sender : null;
}

/** The first 64 KB of a message, or all of a smaller one, and what is left of the input. */
export async function readBeginning(
  input: AsyncIterator<Uint8Array>,
): Promise<{ beginning: Buffer; rest: AsyncIterator<Uint8Array> }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < BEGINNING) {
    const next = await input.next();
    if (next.done === true) break;
    chunks.push(next.value);
    length += next.value.length;
  }
  return { beginning: Buffer.concat(chunks), rest: input };
}

async function* limited(
  beginning: Buffer,
  rest: AsyncIterator<Uint8Array>,
  limit: number,
): AsyncGenerator<Uint8Array> {
  let size = beginning.length;
  const check = () => {
    if (size > limit)
      throw new ExpectedError(
        EX.DATAERR,
        `the message is larger than ${formatSize(limit)}, the site's limit`,
      );
  };
  check();
  yield beginning;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    size += next.value.length;
    check();
    yield next.value;
  }
}

function unreadable(error: unknown): never {
  throw new TemporaryError(`cannot read the message: ${errorText(error)}`, { cause: error });
}

/** The input, until it has taken too long. */
function withDeadline(input: AsyncIterable<Uint8Array>, ms: number): AsyncIterator<Uint8Array> {
  const iterator = input[Symbol.asyncIterator]();
  const deadline = Date.now() + ms;
  const late = () => new TemporaryError(`the message did not end within ${formatDuration(ms)}`);
  return {
    next: async () => {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(late()), Math.max(0, deadline - Date.now()));
      });
      try {
        return await Promise.race([iterator.next().catch(unreadable), timeout]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

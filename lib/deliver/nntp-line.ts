/**
 * A connection on which one side says a line and the other answers with one, as NNTP does (RFC 3977 section 3.1).
 *
 * Promises: every wait ends, by `timeoutMs` at the latest. A line longer than 8 KB (RFC 3977 allows 512 bytes) is
 * not taken.
 * Fails: throws a TemporaryError; the connection is closed then, and stays so.
 */
import type { Socket } from 'node:net';
import { formatDuration } from '../base/duration.ts';
import { errorText, TemporaryError } from '../base/errors.ts';
import { openSocket, type Peer, type TlsTrust } from '../smtp/open-socket.ts';
import { RUN_IS_ENDING } from '../smtp/transport.ts';

/** An open connection. Used by one caller at a time. */
export type NntpLine = {
  /** True while it is open and nothing has come unasked: another command can be said. */
  readonly ready: () => boolean;
  /** Says a line (without its end) and reads the answer's. @throws TemporaryError */
  readonly ask: (line: string, signal?: AbortSignal) => Promise<string>;
  /** The next line, without its end. @throws TemporaryError */
  readonly read: (signal?: AbortSignal) => Promise<string>;
  /** Sends bytes as fast as the other side takes them. @throws TemporaryError */
  readonly write: (bytes: Buffer, signal?: AbortSignal) => Promise<void>;
  /** Closes it. */
  readonly close: () => void;
};

const MAX_LINE = 8 * 1024;
const SLICE = 64 * 1024;

/** Connects to `peer`, with TLS when `trust` is given. @throws TemporaryError */
export async function openNntpLine(
  peer: Peer,
  timeoutMs: number,
  signal?: AbortSignal,
  trust?: TlsTrust,
): Promise<NntpLine> {
  return nntpLine(await openSocket(peer, timeoutMs, signal, trust), timeoutMs);
}

function nntpLine(socket: Socket, timeoutMs: number): NntpLine {
  let unread = Buffer.alloc(0);
  let failure: TemporaryError | null = null;
  let wake: (() => void) | null = null;

  const fail = (words: string): void => {
    failure ??= new TemporaryError(words);
    socket.destroy();
    wake?.();
  };
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    if (unread.length > MAX_LINE) {
      unread = Buffer.alloc(0);
      fail(`the answer is longer than ${MAX_LINE} bytes`);
    }
    wake?.();
  });
  socket.on('drain', () => wake?.());
  socket.on('error', (error) => fail(errorText(error)));
  socket.on('end', () => wake?.());
  socket.on('close', () => fail('the server closed the connection'));

  const onAbort = (): void => fail(RUN_IS_ENDING);

  /** Waits until something has happened. */
  const activity = (deadline: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(
        () => fail(`no answer within ${formatDuration(timeoutMs)}`),
        Math.max(deadline - Date.now(), 0),
      );
      wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        wake = null;
        resolve();
      };
      signal?.addEventListener('abort', onAbort);
      if (signal?.aborted) onAbort();
    });

  const read: NntpLine['read'] = async (signal) => {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const end = unread.indexOf(10);
      if (end >= 0) {
        const line = unread.subarray(0, end).toString('utf8').replace(/\r$/, '');
        unread = unread.subarray(end + 1);
        return line;
      }
      if (failure) throw failure;
      await activity(deadline, signal);
    }
  };
  const write: NntpLine['write'] = async (bytes, signal) => {
    for (let start = 0; start < bytes.length; start += SLICE) {
      if (failure) throw failure;
      socket.write(bytes.subarray(start, start + SLICE));
      const deadline = Date.now() + timeoutMs;
      while (socket.writableNeedDrain && !socket.destroyed) await activity(deadline, signal);
    }
  };
  return {
    ready: () => failure === null && !socket.readableEnded && unread.length === 0,
    ask: async (line, signal) => {
      await write(Buffer.from(`${line}\r\n`), signal);
      return read(signal);
    },
    read,
    write,
    close: () => fail('the connection was closed'),
  };
}

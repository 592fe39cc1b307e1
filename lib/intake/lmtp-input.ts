/**
 * What a client sends, taken apart: command lines and the bytes of a message, in turn.
 *
 * Promises: no more than one piece of the stream and one line up to its limit are held. Before more is waited for,
 * `beforeWait` is called, so that replies can be sent together (RFC 2920) and none is held back while the client waits.
 * Fails: what the stream fails with. A stream that ends is `null` for a line, and {@link ClientGone} inside a message.
 */
import type { Readable } from 'node:stream';
import type { DataDecoder } from './lmtp-data.ts';

/** The client left in the middle of a message. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/** A line without its end; `null` when it was longer than its limit. What is no UTF-8 in it has become U+FFFD. */
export type Line = { readonly text: string | null };

/** A client's bytes. */
export type Input = {
  /** The next line; `null` at the end of the stream. */
  readonly line: (limit: number) => Promise<Line | null>;
  /** The next decoded bytes of a message, perhaps none; `null` when its end has come. */
  readonly data: (decoder: DataDecoder) => Promise<Buffer | null>;
  /** Reads on to the end of the stream and looks at nothing: who closes with bytes unread takes his last reply back. */
  readonly discard: () => Promise<void>;
};

const CR = 0x0d;
const END = Buffer.from('\r\n');
const EMPTY = Buffer.alloc(0);

/** Reads a client. When `over` is true, nothing more of him counts. */
export function openInput(stream: Readable, beforeWait: () => Promise<void>, over: () => boolean): Input {
  const pieces: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
  let rest: Buffer = EMPTY;

  /** The next piece; `null` at the end. */
  const more = async (): Promise<Buffer | null> => {
    await beforeWait();
    const next = await pieces.next();
    return next.done === true || over() ? null : next.value;
  };

  const line = async (limit: number): Promise<Line | null> => {
    let tooLong = false;
    for (;;) {
      const at = rest.indexOf(END);
      if (at >= 0) {
        const found = rest.subarray(0, at);
        rest = rest.subarray(at + 2);
        return { text: tooLong || found.length + 2 > limit ? null : found.toString('utf8') };
      }
      if (rest.length > limit) {
        tooLong = true;
        rest = rest.at(-1) === CR ? rest.subarray(-1) : EMPTY;
      }
      const piece = await more();
      if (piece === null) return null;
      rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    }
  };

  const data = async (decoder: DataDecoder): Promise<Buffer | null> => {
    if (decoder.ended()) return null;
    if (rest.length === 0) {
      const piece = await more();
      if (piece === null) throw new ClientGone('the client left in the middle of a message');
      rest = piece;
    }
    const { bytes, used } = decoder.decode(rest);
    rest = rest.subarray(used);
    return bytes;
  };

  const discard = async () => {
    try {
      while ((await pieces.next()).done !== true);
    } catch {
      // He has gone altogether.
    }
  };
  return { line, data, discard };
}

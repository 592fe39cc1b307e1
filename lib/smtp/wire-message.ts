/**
 * A message as it goes behind DATA (RFC 5321 section 4.5.2).
 *
 *     CR LF        stays
 *     CR, LF       alone become CR LF: a server that took one for a line end and one that did not would see two messages
 *     . at the     gets a second dot
 *       beginning of a line
 *
 * Promises: everything else is as it was, 8-bit bytes and NUL too; the end is that of a line, then the final dot. A small
 * message is read and turned once for each MessageSource, however many transactions carry it; a large one is never held
 * as a whole.
 * Fails: throws what reading the message throws.
 */
import type { MessageSource } from './transport.ts';

/** A small message, ready to be sent. */
export type WireMessage = {
  /** With the final dot. */
  readonly bytes: Buffer;
  /** Its size by RFC 1870: without the dots that were put in, and the final one. */
  readonly size: number;
};

/** The largest message that is held as a whole, bytes. */
export const SMALL_MESSAGE = 256 * 1024;

const CR = 13;
const LF = 10;
const DOT = 46;
const FINAL_DOT = '.\r\n';

/** Turns a message, piece by piece. */
export type WireForm = {
  /** The next bytes of it. */
  readonly add: (piece: Buffer) => Buffer;
  /** What ends it: the end of its last line, when it has none, and the final dot. */
  readonly end: () => Buffer;
  /** Dots put in so far. */
  readonly dots: () => number;
};

/** Turns one message. */
export function wireForm(): WireForm {
  // The beginning of a message is the beginning of a line.
  let previous = LF;
  let dots = 0;
  const add = (piece: Buffer): Buffer => {
    // At most two bytes for each, and one for a CR that the piece before ended with.
    const turned = Buffer.allocUnsafe(2 * piece.length + 1);
    let last = previous;
    let length = 0;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] ?? 0;
      if (byte === LF) {
        if (last !== CR) turned[length++] = CR;
      } else {
        if (last === CR) turned[length++] = LF;
        if (byte === DOT && (last === LF || last === CR)) {
          turned[length++] = DOT;
          dots++;
        }
      }
      turned[length++] = byte;
      last = byte;
    }
    previous = last;
    return turned.subarray(0, length);
  };
  const end = (): Buffer =>
    Buffer.from(`${previous === LF ? '' : previous === CR ? '\n' : '\r\n'}${FINAL_DOT}`);
  return { add, end, dots: () => dots };
}

const kept = new WeakMap<MessageSource, WireMessage>();
const coming = new WeakMap<MessageSource, Promise<WireMessage>>();

/**
 * A small message in its wire form: at once when it was asked for before.
 *
 * @throws when it cannot be read
 */
export function wireMessage(message: MessageSource): WireMessage | Promise<WireMessage> {
  const there = kept.get(message) ?? coming.get(message);
  if (there !== undefined) return there;
  const promise = readMessage(message).then((read) => {
    kept.set(message, read);
    return read;
  });
  coming.set(message, promise);
  const forget = (): void => void coming.delete(message);
  promise.then(forget, forget);
  return promise;
}

async function readMessage(message: MessageSource): Promise<WireMessage> {
  const form = wireForm();
  const pieces: Buffer[] = [];
  if (message.read) pieces.push(form.add(await message.read()));
  else for await (const piece of message.stream()) pieces.push(form.add(piece));
  const bytes = Buffer.concat([...pieces, form.end()]);
  return { bytes, size: bytes.length - form.dots() - FINAL_DOT.length };
}

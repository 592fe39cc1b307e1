/**
 * The message behind DATA, from the wire to the form in which messages are stored (RFC 5321 section 4.5.2).
 *
 *     CR LF        becomes LF, as a pipe would bring it
 *     CR LF . x    loses the dot that was put there for the way
 *     CR LF . CR LF   is the end; nothing else is, so that a bare LF or CR cannot smuggle a second message in
 *     all other bytes, a bare CR, a bare LF and NUL among them, stay as they are
 *
 * Pure but for its state: pieces go in as they come, cut anywhere.
 */
import { unreachable } from '../base/errors.ts';

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;

/** Where in a line the last piece ended. */
type At = 'start' | 'text' | 'cr' | 'dot' | 'dot-cr' | 'end';

/** The decoder of one message. */
export type DataDecoder = {
  /**
   * Decodes a piece, in place: its bytes are no longer what they were. `used`: how many of them belong to the message
   * and its end; what follows is the next command, untouched.
   */
  readonly decode: (piece: Buffer) => { readonly bytes: Buffer; readonly used: number };
  /** True when the end has come. */
  readonly ended: () => boolean;
  /** The size so far as RFC 1870 counts it: line ends are two octets, dots for the way are none. */
  readonly size: () => number;
  /** The longest line so far, octets without its end. */
  readonly longestLine: () => number;
};

/** A decoder for the bytes behind a 354. */
export function dataDecoder(): DataDecoder {
  let at: At = 'start';
  let size = 0;
  let line = 0;
  let longest = 0;

  const count = (octets: number) => {
    size += octets;
    line += octets;
    if (line > longest) longest = line;
  };
  const decode = (piece: Buffer) => {
    // In place, since what comes out is never longer; but for a CR that was held back of the piece before.
    const out = at === 'cr' || at === 'dot-cr' ? Buffer.allocUnsafe(piece.length + 1) : piece;
    let length = 0;
    let used = 0;
    while (used < piece.length && at !== 'end') {
      const byte = piece[used];
      switch (at) {
        case 'start':
          if (byte === DOT) used++;
          at = byte === DOT ? 'dot' : 'text';
          break;
        case 'dot':
          if (byte === CR) used++;
          at = byte === CR ? 'dot-cr' : 'text';
          break;
        case 'dot-cr':
          if (byte === LF) used++;
          // The dot was one for the way, and the CR stands alone in the text.
          at = byte === LF ? 'end' : 'cr';
          break;
        case 'cr':
          if (byte === LF) {
            out[length++] = LF;
            used++;
            size += 2;
            line = 0;
            at = 'start';
          } else {
            out[length++] = CR;
            count(1);
            if (byte === CR) used++;
            else at = 'text';
          }
          break;
        case 'text': {
          const next = piece.indexOf(CR, used);
          const stop = next < 0 ? piece.length : next;
          length += piece.copy(out, length, used, stop);
          count(stop - used);
          used = next < 0 ? stop : stop + 1;
          if (next >= 0) at = 'cr';
          break;
        }
        default:
          unreachable(at);
      }
    }
    return { bytes: out.subarray(0, length), used };
  };
  return { decode, ended: () => at === 'end', size: () => size, longestLine: () => longest };
}

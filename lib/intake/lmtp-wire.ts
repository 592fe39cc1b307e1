/**
 * One client's stream: replies out, lines and message bytes in, and a watch over how long he takes.
 *
 * Promises: replies are sent together while the client has sent more commands (RFC 2920), and never held back while we
 * wait for him; a client who reads no replies is not read from. {@link Wire.end} says a last word and closes: when the client
 * has closed too, or when he had time enough for it.
 */
import type { Duplex } from 'node:stream';
import { type Input, openInput } from './lmtp-input.ts';
import { formatReply, type Reply } from './lmtp-reply.ts';

/** How long a client who is told goodbye has to take it, milliseconds. */
const GOODBYE_MS = 5_000;

/** A client's stream. */
export type Wire = {
  readonly input: Input;
  /** Queues a reply; it is sent before input is waited for. */
  readonly say: (reply: Reply, further?: readonly string[]) => void;
  /** Sends what is queued. */
  readonly flush: () => Promise<void>;
  /** Gives the client this long, milliseconds, from now on; then `late` is called. `null`: no watch. */
  readonly watch: (ms: number | null) => void;
  /** Sends what is queued and this, and closes our side. Nothing that is read after that counts. */
  readonly end: (reply?: Reply) => void;
  /** Closes without a word. */
  readonly destroy: () => void;
  /** True after `end` or `destroy`. */
  readonly ended: () => boolean;
  /** The same, or the client has closed both ways. */
  readonly closed: () => boolean;
  /** Resolves when the stream is closed. */
  readonly gone: Promise<void>;
};

/** Opens the wire. `late` is called when the client has not done in time what was waited for. */
export function openWire(stream: Duplex, late: () => void): Wire {
  let pending = '';
  let ended = false;
  let timer: NodeJS.Timeout | null = null;
  // A client who goes away is told of by the reads.
  stream.on('error', () => {});
  const gone = new Promise<void>((resolve) => {
    if (stream.closed) resolve();
    stream.once('close', resolve);
  });
  const watch = (ms: number | null) => {
    if (timer !== null) clearTimeout(timer);
    timer = ms === null ? null : setTimeout(late, ms);
  };
  void gone.then(() => watch(null));

  const flush = async () => {
    const text = pending;
    pending = '';
    if (text === '' || ended || stream.destroyed) return;
    if (stream.write(text, 'latin1')) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        stream.off('drain', done);
        stream.off('close', done);
        resolve();
      };
      stream.once('drain', done);
      stream.once('close', done);
    });
  };

  const end = (reply?: Reply) => {
    if (ended) return;
    ended = true;
    watch(null);
    const last = pending + (reply ? formatReply(reply) : '');
    pending = '';
    if (stream.destroyed) return;
    const patience = setTimeout(() => stream.destroy(), GOODBYE_MS);
    void gone.then(() => clearTimeout(patience));
    if (last === '') stream.end();
    else stream.end(last, 'latin1');
  };

  return {
    input: openInput(stream, flush, () => ended),
    say: (reply, further) => {
      pending += formatReply(reply, further);
    },
    flush,
    watch,
    end,
    destroy: () => {
      ended = true;
      stream.destroy();
    },
    ended: () => ended,
    closed: () => ended || stream.destroyed,
    gone,
  };
}

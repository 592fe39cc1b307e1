/**
 * One connection as an SMTP client sees it: commands and bytes out, replies in, each to whoever waits for it, and a
 * watch over how long the server takes.
 *
 * Promises: replies are given out in the order in which they were expected (RFC 2920). What is sent in one turn of the
 * event loop goes out in one write. A wait ends by the time-out of its phase at the latest. Once broken it stays broken:
 * the socket is closed, no timer is left, nobody is given a reply any more.
 * Fails: by breaking, with words that name what was waited for; `broken` is called once.
 */
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { TLSSocket } from 'node:tls';
import { formatDuration } from '../base/duration.ts';
import { errorText, TemporaryError } from '../base/errors.ts';
import type { SmtpTimeouts } from '../config/site.ts';
import { replyReader } from './reply-reader.ts';

/** A step that a reply ends. */
export type Phase = 'greeting' | 'hello' | 'mail' | 'rcpt' | 'data' | 'final' | 'quit';

/** Begins TLS on a socket. */
export type Handshake = (plain: Socket) => TLSSocket;

/** An open connection. */
export type SmtpWire = {
  /** False once it has broken or was closed. */
  readonly alive: () => boolean;
  /** Why it broke; `null` before that. */
  readonly failure: () => string | null;
  /** Sends; false when the other side is behind and {@link SmtpWire.drained} should be waited for. */
  readonly send: (piece: string | Buffer) => boolean;
  /** `hear` gets the next reply that nobody before has waited for; `what` names the question for people. */
  readonly expect: (phase: Phase, what: string, hear: (reply: string) => void) => void;
  /** `true`: it is our turn to speak, the server's time does not run; until `false`. */
  readonly speaking: (on: boolean) => void;
  /** Resolves when what was sent has gone, or the connection. */
  readonly drained: () => Promise<void>;
  /** Sends a line and waits for its reply; `''` waits only. @throws TemporaryError when the connection breaks */
  readonly ask: (phase: Phase, what: string, line: string) => Promise<string>;
  /** Goes on in the TLS that `handshake` begins; what came before the handshake is forgotten. @throws TemporaryError when it does not succeed */
  readonly secure: (handshake: Handshake) => Promise<void>;
  /** Ends it at once. */
  readonly break: (words: string) => void;
};

type Waiting = { readonly phase: Phase; readonly what: string; readonly hear: (reply: string) => void };

/** Takes over a connected socket. */
export function smtpWire(
  connected: Socket,
  timeouts: SmtpTimeouts,
  broken: (words: string) => void,
): SmtpWire {
  const reader = replyReader();
  const queue: Waiting[] = [];
  let socket = connected;
  let failure: string | null = null;
  let held = false;
  let corked = false;
  /** Somebody waits for the other side to take what was sent. */
  let draining: (() => void) | null = null;
  let timer: NodeJS.Timeout | null = null;
  /** When the timer goes off, and when it means something: moving only the latter makes a new wait cheap. */
  let timerAt = 0;
  let deadline = Number.POSITIVE_INFINITY;

  const onTimer = (): void => {
    timer = null;
    if (deadline === Number.POSITIVE_INFINITY) return;
    const left = deadline - performance.now();
    if (left <= 0) breakOff(lateWords());
    else setTimer(left);
  };
  const setTimer = (ms: number): void => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(onTimer, Math.ceil(ms));
    timerAt = performance.now() + ms;
  };
  /** Sets the deadline for what is waited for now. */
  const watch = (): void => {
    const ms = draining !== null ? timeouts.blockMs : held ? undefined : patience(queue[0]?.phase);
    if (ms === undefined || failure !== null) {
      deadline = Number.POSITIVE_INFINITY;
      return;
    }
    deadline = performance.now() + ms;
    if (timer === null || timerAt > deadline) setTimer(ms);
  };
  const patience = (phase: Phase | undefined): number | undefined => phase && timeouts[`${phase}Ms`];
  const lateWords = (): string => {
    if (draining !== null)
      return `the server took no more of the message for ${formatDuration(timeouts.blockMs)}`;
    const waiting = queue[0];
    const within = `within ${formatDuration(patience(waiting?.phase) ?? 0)}`;
    return waiting?.phase === 'greeting'
      ? `no greeting ${within}`
      : `no answer to ${waiting?.what} ${within}`;
  };

  const breakOff = (words: string): void => {
    if (failure !== null) return;
    failure = words;
    queue.length = 0;
    if (timer !== null) clearTimeout(timer);
    timer = null;
    socket.destroy();
    draining?.();
    asking?.();
    broken(words);
  };

  const hear = (reply: string): void => {
    if (failure !== null) return;
    const waiting = queue.shift();
    if (waiting === undefined) {
      breakOff(reply.startsWith('421') ? reply : `the server said what it was not asked for: ${reply}`);
      return;
    }
    watch();
    waiting.hear(reply);
  };
  const onData = (chunk: Buffer): void => {
    const fault = reader.read(chunk, hear);
    if (fault !== null) breakOff(fault);
  };
  const onError = (error: Error): void => breakOff(errorText(error));
  const onEnd = (): void => {
    const what = queue[0]?.what;
    const when = reader.midway()
      ? ' in the middle of a reply'
      : what === undefined
        ? ''
        : `, no answer to ${what}`;
    breakOff(`the server closed the connection${when}`);
  };
  const onDrain = (): void => draining?.();
  const listen = (): void => {
    socket.on('data', onData);
    socket.on('end', onEnd);
    socket.on('close', onEnd);
    socket.on('drain', onDrain);
  };
  socket.on('error', onError);
  listen();

  const flush = (): void => {
    corked = false;
    socket.uncork();
  };
  const send: SmtpWire['send'] = (piece) => {
    if (failure !== null) return true;
    if (!corked) {
      corked = true;
      socket.cork();
      setImmediate(flush);
    }
    return socket.write(piece);
  };
  const expect: SmtpWire['expect'] = (phase, what, listener) => {
    if (failure !== null) return;
    if (queue.push({ phase, what, hear: listener }) === 1) watch();
  };
  const drained: SmtpWire['drained'] = () =>
    new Promise((resolve) => {
      if (failure !== null || !socket.writableNeedDrain) return resolve();
      draining = () => {
        draining = null;
        watch();
        resolve();
      };
      watch();
    });
  /** Whoever asked and must learn that no reply comes. */
  let asking: (() => void) | null = null;
  const ask: SmtpWire['ask'] = async (phase, what, line) => {
    const reply = await new Promise<string | null>((resolve) => {
      if (failure !== null) return resolve(null);
      asking = () => resolve(null);
      if (line !== '') send(`${line}\r\n`);
      expect(phase, what, resolve);
    });
    asking = null;
    if (reply === null) throw new TemporaryError(failure ?? 'the connection was closed');
    return reply;
  };
  const secure: SmtpWire['secure'] = async (handshake) => {
    if (failure !== null) throw new TemporaryError(failure);
    socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('drain', onDrain);
    // Whoever sits in between can have put words of his own behind the server's; they are not the server's.
    reader.discard();
    socket = handshake(socket);
    socket.on('error', onError);
    listen();
    const done = await new Promise<boolean>((resolve) => {
      asking = () => resolve(false);
      socket.once('secureConnect', () => resolve(true));
      expect('hello', 'the TLS handshake', (reply) =>
        breakOff(`answered before the TLS handshake: ${reply}`),
      );
    });
    asking = null;
    if (!done) throw new TemporaryError(failure ?? 'the connection was closed');
    queue.length = 0;
    watch();
  };
  return {
    alive: () => failure === null,
    failure: () => failure,
    send,
    expect,
    speaking: (on) => {
      held = on;
      watch();
    },
    drained,
    ask,
    secure,
    break: breakOff,
  };
}

/**
 * The server around the sessions: takes connections, ends when it has been idle, stops when it is told to.
 *
 * Promises: no connection is lost at the end: the listening socket is closed first, and what waits in its backlog belongs to
 * whoever listens at it next (systemd, for a socket that it holds). The process then ends because nothing is left to
 * do, never while a connection is open.
 * Fails: TemporaryError when it cannot listen.
 */
import { createServer, type Socket } from 'node:net';
import { errorText } from '../base/errors.ts';
import { type ListenAt, listen, placeOf } from './lmtp-listen.ts';
import { formatReply, reply } from './lmtp-reply.ts';
import { lmtpSession, type Session, type SessionOptions } from './lmtp-session.ts';

/** What a server is made of. */
export type LmtpServerOptions = Omit<SessionOptions, 'from'> & {
  readonly at: ListenAt;
  /** Ends after so long without a connection, milliseconds from the moment it listens; `null`: never. */
  readonly idleMs: number | null;
  /** Aborted when it must stop. */
  readonly signal: AbortSignal;
  /** Called when it listens. */
  readonly onListening?: () => void;
};

/** Serves until it has been idle or is told to stop. Resolves when the last connection is closed. */
export async function serveLmtp(options: LmtpServerOptions): Promise<void> {
  const { at, idleMs, signal, limits, log, hostname } = options;
  const sessions = new Set<Session>();
  let idle: NodeJS.Timeout | null = null;
  let overtime: NodeJS.Timeout | null = null;
  let closing = false;

  // Half open: a client may send all it has, close its side, and still wait for the replies.
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  const closed = new Promise<void>((resolve) => {
    server.once('close', resolve);
  });

  const close = () => {
    closing = true;
    rest(false);
    if (server.listening) server.close();
  };
  /** Starts the idle timer, or stops it. */
  function rest(begin: boolean): void {
    if (idle !== null) clearTimeout(idle);
    idle = begin && idleMs !== null && !closing ? setTimeout(close, idleMs) : null;
  }
  const stop = () => {
    log('info', 'lmtp-stop', { connections: sessions.size });
    close();
    for (const session of sessions) session.stop();
    overtime = setTimeout(() => {
      for (const session of sessions) session.destroy();
    }, limits.stopMs);
  };

  server.on('connection', (socket: Socket) => {
    rest(false);
    if (sessions.size >= limits.connections) {
      log('warning', 'lmtp-drop', { why: 'too many connections', peer: `[${fromOf(socket)}]` });
      turnAway(socket, hostname);
      return;
    }
    const session = lmtpSession(socket, { ...options, from: fromOf(socket) });
    sessions.add(session);
    if (closing) session.stop();
    void session.ended.then(() => {
      sessions.delete(session);
      if (sessions.size === 0) rest(true);
    });
  });

  await listen(server, at);
  // From here on errors are of single connections (no descriptor left), and the next one may do.
  server.on('error', (error) => log('error', 'lmtp-trouble', { reason: errorText(error) }));
  log('debug', 'lmtp-listen', { at: placeOf(at) });
  rest(true);
  options.onListening?.();
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });

  await closed;
  signal.removeEventListener('abort', stop);
  if (overtime !== null) clearTimeout(overtime);
}

/** Where a client is. */
function fromOf(socket: Socket): string {
  return socket.remoteAddress ?? 'unix';
}

/** One connection too many: said in words, and not waited for. */
function turnAway(socket: Socket, hostname: string): void {
  socket.on('error', () => {});
  socket.end(formatReply(reply(421, '4.3.2', `${hostname} too many connections, try again later`)), () =>
    socket.destroy(),
  );
}

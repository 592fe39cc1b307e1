/**
 * Where LMTP is heard: a socket that systemd holds, or one of our own.
 * Fails: ExpectedError with EX_USAGE for what cannot be, TemporaryError for what the system says.
 */
import { chmodSync, fstatSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { ExpectedError, errorCode, errorText, TemporaryError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';

/** A place to listen at. */
export type ListenAt =
  | { readonly kind: 'inherited'; readonly fd: number }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** The first descriptor that systemd passes, sd_listen_fds(3). */
const FIRST_FD = 3;

/** Owner and group may connect, whatever the umask. */
const SOCKET_MODE = 0o660;

/** LMTP must not be spoken on the port of SMTP (RFC 2033 section 5). */
const SMTP_PORT = 25;

/** The socket systemd passed to this process. @throws ExpectedError (EX_USAGE) that says what was found instead */
export function inheritedSocket(env: NodeJS.ProcessEnv, pid: number = process.pid): ListenAt {
  const { LISTEN_FDS, LISTEN_PID } = env;
  if (LISTEN_FDS === undefined || LISTEN_PID === undefined)
    throw noSocket('LISTEN_FDS and LISTEN_PID are not set');
  if (LISTEN_PID !== String(pid)) throw noSocket(`LISTEN_PID is ${LISTEN_PID}, and this is process ${pid}`);
  if (LISTEN_FDS !== '1')
    throw noSocket(`LISTEN_FDS is ${LISTEN_FDS}, wanted 1 (one ListenStream= with Accept=no)`);
  try {
    if (!fstatSync(FIRST_FD).isSocket()) throw noSocket(`descriptor ${FIRST_FD} is no socket`);
  } catch (error) {
    if (error instanceof ExpectedError) throw error;
    throw noSocket(`descriptor ${FIRST_FD}: ${errorText(error)}`);
  }
  return { kind: 'inherited', fd: FIRST_FD };
}

function noSocket(found: string): ExpectedError {
  return new ExpectedError(
    EX.USAGE,
    `no socket from systemd: ${found}. Start it by a socket unit, or say --listen PATH, or --stdin`,
  );
}

/** Reads `--listen`: what has a slash is a path, all else HOST:PORT. @throws ExpectedError (EX_USAGE) */
export function parseListen(text: string): ListenAt {
  if (text.includes('/')) return { kind: 'path', path: text };
  const [, six, plain, digits = ''] = /^(?:\[([0-9a-f:.]+)\]|([^[\]:]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = six ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535) {
    throw new ExpectedError(
      EX.USAGE,
      `cannot read --listen "${text}": wanted a path such as /run/qrunner/lmtp.sock, or HOST:PORT`,
    );
  }
  if (port === SMTP_PORT) {
    throw new ExpectedError(
      EX.USAGE,
      'port 25 is for SMTP, and LMTP must not be spoken there (RFC 2033): take another, such as 24',
    );
  }
  return { kind: 'tcp', host, port };
}

/** Begins to listen. A socket file that nobody listens at any more is replaced. @throws TemporaryError */
export async function listen(server: Server, at: ListenAt): Promise<void> {
  try {
    await tryListen(server, at);
  } catch (error) {
    if (at.kind !== 'path' || errorCode(error) !== 'EADDRINUSE') throw cannot(at, errorText(error), error);
    if (!isSocket(at.path)) throw cannot(at, 'there is a file that is no socket', error);
    if (await answers(at.path)) throw cannot(at, 'another process listens there already', error);
    try {
      unlinkSync(at.path);
      await tryListen(server, at);
    } catch (second) {
      throw cannot(at, errorText(second), second);
    }
  }
  if (at.kind === 'path') chmodSync(at.path, SOCKET_MODE);
}

function cannot(at: ListenAt, why: string, cause: unknown): TemporaryError {
  return new TemporaryError(`cannot listen at ${placeOf(at)}: ${why}`, { cause });
}

/** The place in words. */
export function placeOf(at: ListenAt): string {
  switch (at.kind) {
    case 'inherited':
      return 'the socket from systemd';
    case 'path':
      return at.path;
    case 'tcp':
      return `${at.host}:${at.port}`;
    default:
      return at;
  }
}

function tryListen(server: Server, at: ListenAt): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const done = () => {
      server.off('error', reject);
      resolve();
    };
    if (at.kind === 'inherited') server.listen({ fd: at.fd }, done);
    else if (at.kind === 'path') server.listen({ path: at.path }, done);
    else server.listen({ host: at.host, port: at.port }, done);
  });
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

/** Whether somebody listens at a socket file. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(errorCode(error) !== 'ECONNREFUSED'));
  });
}

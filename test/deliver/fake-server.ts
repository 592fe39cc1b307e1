/** Servers on 127.0.0.1 that say what a test wants them to, and messages to send to them. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import type { Test } from 'tap';
import type { SessionSettings } from '../../lib/smtp/smtp-session.ts';
import type { MessageSource } from '../../lib/smtp/transport.ts';
import { timeoutsOf } from '../support/settings.ts';

/** A key and a certificate for localhost and 127.0.0.1 that nobody but a test trusts. */
export type Certificate = { readonly key: string; readonly cert: string };

/** What a fake server says. Lines without their end; several as one string with CRLF between. */
export type FakeScript = {
  /** Called with each new connection, before anything is said. */
  readonly connected?: (socket: Socket) => void;
  /** First words; `null` for a server that stays silent. */
  readonly greeting?: string | null;
  /** Answer to a command: `null` says nothing, `undefined` leaves it to the usual answers. */
  readonly command?: (line: string, socket: Socket, connection: number) => string | null | undefined;
  /** Answer to a whole message. */
  readonly message?: (bytes: Buffer, socket: Socket, connection: number) => string | null;
  /** Called with what has come of a message so far. */
  readonly partial?: (bytes: Buffer, socket: Socket) => void;
  /** TLS from the first byte. */
  readonly tls?: Certificate;
  /** Where it listens; else at 127.0.0.1, on a port of the system's choice. */
  readonly at?: { readonly host: string; readonly port: number };
};

/** A running fake server and what it saw. */
export type FakeServer = {
  readonly port: number;
  /** All commands of all connections. */
  readonly commands: string[];
  /** Messages as they came, without the final dot, dots still doubled. */
  readonly messages: Buffer[];
  readonly connections: () => number;
};

const USUAL: Readonly<Record<string, string>> = {
  EHLO: '250-fake\r\n250-PIPELINING\r\n250 8BITMIME',
  LHLO: '250-fake\r\n250-PIPELINING\r\n250 8BITMIME',
  MAIL: '250 2.1.0 sender ok',
  RCPT: '250 2.1.5 recipient ok',
  DATA: '354 go on',
  RSET: '250 2.0.0 reset',
  QUIT: '221 2.0.0 bye',
};

/** Starts a fake server that is stopped at the end of `t`. */
export async function fakeServer(t: Test, script: FakeScript = {}): Promise<FakeServer> {
  const commands: string[] = [];
  const messages: Buffer[] = [];
  let connections = 0;
  const serve = (socket: Socket): void => {
    const connection = ++connections;
    let unread = Buffer.alloc(0);
    let inMessage = false;
    let accepted = 0;
    const say = (words: string | null): void => {
      if (words !== null && !socket.destroyed) socket.write(`${words}\r\n`);
    };
    socket.setNoDelay(true);
    socket.on('error', () => {});
    script.connected?.(socket);
    if (script.greeting !== null) say(script.greeting ?? '220 fake ready');
    socket.on('data', (chunk) => {
      unread = Buffer.concat([unread, chunk]);
      for (;;) {
        if (inMessage) {
          const empty = unread.subarray(0, 3).equals(Buffer.from('.\r\n'));
          const end = empty ? -2 : unread.indexOf('\r\n.\r\n');
          if (end === -1) {
            script.partial?.(unread, socket);
            return;
          }
          const bytes = unread.subarray(0, end + 2);
          unread = unread.subarray(end + 5);
          inMessage = false;
          messages.push(bytes);
          say(script.message ? script.message(bytes, socket, connection) : '250 2.0.0 queued');
          continue;
        }
        const end = unread.indexOf('\r\n');
        if (end < 0) return;
        const line = unread.subarray(0, end).toString();
        unread = unread.subarray(end + 2);
        commands.push(line);
        const verb = line.split(' ', 1)[0] ?? '';
        const usual = verb === 'DATA' && accepted === 0 ? '554 no recipients' : (USUAL[verb] ?? '500 what?');
        const answer = script.command?.(line, socket, connection);
        const words = answer === undefined ? usual : answer;
        say(words);
        if (verb === 'MAIL' || verb === 'RSET') accepted = 0;
        if (verb === 'RCPT' && words?.startsWith('2')) accepted++;
        if (words?.startsWith('3') && /^(DATA|POST)/.test(line)) inMessage = true;
        if (line === 'QUIT' && words !== null) socket.end();
      }
    });
    t.teardown(() => socket.destroy());
  };
  const server = script.tls ? createTlsServer(script.tls, serve) : createServer(serve);
  const port = await listen(t, server, script.at);
  return { port, commands, messages, connections: () => connections };
}

/** Listens on 127.0.0.1, on a port of the system's choice, or where `at` says, until the end of `t`. */
export async function listen(t: Test, server: Server, at = { host: '127.0.0.1', port: 0 }): Promise<number> {
  server.listen(at.port, at.host);
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A path for a UNIX socket, short enough for one; a test directory may not be. */
export function socketPath(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'qrunner-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'socket');
}

/** A fresh certificate for these names, or `null` where openssl(1) is missing. */
export function makeCertificate(t: Test, names = 'DNS:localhost,IP:127.0.0.1'): Certificate | null {
  const directory = t.testdir();
  const key = join(directory, 'key.pem');
  const cert = join(directory, 'cert.pem');
  const subject = ['-subj', '/CN=test', '-addext', `subjectAltName=${names}`];
  const kind = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  try {
    execFileSync('openssl', [...kind, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  } catch {
    return null;
  }
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

/** How to speak to a server that is patient with nobody. */
export function sessionSettings(more: Partial<SessionSettings> = {}): SessionSettings {
  return { type: 'smtp', tls: 'never', auth: null, timeouts: timeoutsOf(5_000), dsn: false, ...more };
}

/** A message that can be read again and again, in these pieces. */
export function messageOf(...pieces: readonly (string | Buffer)[]): MessageSource {
  const chunks = pieces.map((piece) => Buffer.from(piece));
  return {
    id: '20260101T000000.abc',
    size: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    stream: () => Readable.from(chunks),
  };
}

/** A message whose stream breaks after its first line. */
export function brokenMessage(): MessageSource {
  return {
    id: 'broken',
    size: 100,
    stream: () =>
      Readable.from(
        (async function* () {
          yield Buffer.from('Subject: half\r\n');
          await Promise.resolve();
          throw new Error('EIO: the disk is gone');
        })(),
      ),
  };
}

const connections = (): string[] =>
  process
    .getActiveResourcesInfo()
    .filter((kind) => /^(TCPSocketWrap|PipeWrap|TLSWrap|TCPConnect)/.test(kind));

/** Pipes that were there before any test: standard output, when a test runner reads it. */
const before = connections();

function connectionsLeft(): string[] {
  const left = connections();
  for (const kind of before) {
    const at = left.indexOf(kind);
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}

/** Handles of the kinds that would keep the process alive for a connection, once they have had time to go. */
export async function openConnections(): Promise<string[]> {
  for (let round = 0; round < 100 && connectionsLeft().length > 0; round++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return connectionsLeft();
}

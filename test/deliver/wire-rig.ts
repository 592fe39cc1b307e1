/** A wire to a server on 127.0.0.1 whose every word is in the test's hand. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Test } from 'tap';
import type { SmtpTimeouts } from '../../lib/config/site.ts';
import { openSocket } from '../../lib/smtp/open-socket.ts';
import { type SmtpWire, smtpWire } from '../../lib/smtp/smtp-wire.ts';
import { timeoutsOf } from '../support/settings.ts';
import { listen } from './fake-server.ts';

/** Both ends of a connection. */
export type WireRig = {
  readonly wire: SmtpWire;
  /** The server's end. */
  readonly server: Socket;
  /** What the server has read. */
  readonly read: () => string;
  /** Waits until the server has read this. */
  readonly until: (text: string) => Promise<void>;
  /** Why the wire broke, each time it told. */
  readonly broken: string[];
};

/** Connects a wire; the server's end is left alone when `deaf`. */
export async function wireRig(t: Test, timeouts: Partial<SmtpTimeouts> = {}, deaf = false): Promise<WireRig> {
  const listener = createServer();
  const port = await listen(t, listener);
  const coming = once(listener, 'connection');
  const socket = await openSocket({ host: '127.0.0.1', port }, 1_000);
  const broken: string[] = [];
  const wire = smtpWire(socket, { ...timeoutsOf(2_000), ...timeouts }, (words) => broken.push(words));
  const accepted: unknown = (await coming)[0];
  const server = accepted as Socket;
  let text = '';
  server.on('error', () => {});
  if (!deaf) server.on('data', (chunk) => (text += chunk.toString('latin1')));
  t.teardown(() => {
    wire.break('the test is over');
    server.destroy();
  });
  const until = async (wanted: string): Promise<void> => {
    for (let round = 0; round < 400 && !text.includes(wanted); round++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    t.ok(text.includes(wanted), `the server reads ${JSON.stringify(wanted)}`);
  };
  return { wire, server, read: () => text, until, broken };
}

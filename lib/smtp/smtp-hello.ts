/**
 * The beginning of a conversation: greeting, EHLO or LHLO, TLS and login as the settings want them.
 *
 * Promises: a server too old for EHLO is greeted with HELO (SMTP only). After STARTTLS everything said in the clear
 * is forgotten, its extensions too. The password is sent to nobody before the TLS that was asked for.
 *
 *     tls            STARTTLS not offered   refused      handshake or certificate wrong
 *     never          goes on in the clear, and does not ask
 *     opportunistic  goes on in the clear   the same     fails; the certificate is not looked at
 *     required       fails                  fails        fails
 *     implicit       TLS came first (open-socket.ts)
 *
 * Fails: throws an Error with the reason.
 */
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { errorText } from '../base/errors.ts';
import type { Credentials } from '../config/site.ts';
import type { Peer } from './open-socket.ts';
import { hideSecrets, logIn } from './smtp-auth.ts';
import { type SmtpExtensions, smtpExtensions } from './smtp-extensions.ts';
import { oneLineReply } from './smtp-reply.ts';
import type { Handshake, SmtpWire } from './smtp-wire.ts';

/** How a conversation begins. */
export type HelloSettings = {
  readonly type: 'smtp' | 'lmtp';
  readonly tls: 'never' | 'opportunistic' | 'required' | 'implicit';
  readonly auth: Credentials | null;
};

/** What is not in the site's settings. */
export type SmtpOptions = {
  /** Name said in EHLO; the computer's own when it is left out. */
  readonly name?: string;
  /** Certificates (PEM) trusted instead of the system's. */
  readonly ca?: string;
  /** The name in the server's certificate; the host's when it is left out. */
  readonly serverName?: string | undefined;
  /** How long the answer to a whole message is waited for when the run is told to end, milliseconds. @default 10 seconds */
  readonly lastAnswerMs?: number;
};

/**
 * Holds the beginning of the conversation with `server`, as people call it; each line is given to `note`, without secrets.
 *
 * @throws Error naming the server when it fails
 */
export async function sayHello(
  wire: SmtpWire,
  peer: Peer,
  server: string,
  settings: HelloSettings,
  options: SmtpOptions,
  password: string,
  note: (line: string) => void,
): Promise<SmtpExtensions> {
  const { auth } = settings;
  const ask = async (line: string, shown = line, hide: readonly string[] = []): Promise<string> => {
    note(`> ${shown}`);
    const reply = await wire.ask('hello', line === shown ? (line.split(' ', 1)[0] ?? '') : 'AUTH', line);
    note(`< ${hideSecrets(reply, hide)}`);
    return reply;
  };
  const extensions = await introduce(wire, peer, settings, options, ask, note).catch((error: unknown) => {
    throw new Error(`${server}: ${errorText(error)}`, { cause: error });
  });
  if (auth !== null) {
    await logIn(ask, extensions, auth.user, password).catch((error: unknown) => {
      const words = `cannot log in to ${server} as ${JSON.stringify(auth.user)}`;
      throw new Error(`${words}: ${errorText(error)}`, { cause: error });
    });
  }
  return extensions;
}

/** Everything before the login. */
async function introduce(
  wire: SmtpWire,
  peer: Peer,
  { type, tls }: HelloSettings,
  options: SmtpOptions,
  ask: (line: string) => Promise<string>,
  note: (line: string) => void,
): Promise<SmtpExtensions> {
  const greeting = await wire.ask('greeting', 'the greeting', '');
  note(`< ${greeting}`);
  if (!greeting.startsWith('220')) throw new Error(oneLineReply(greeting));

  const hello = async (): Promise<SmtpExtensions> => {
    const name = options.name ?? ownName();
    const reply = await ask(`${type === 'lmtp' ? 'LHLO' : 'EHLO'} ${name}`);
    if (reply.startsWith('250')) return smtpExtensions(reply);
    if (type === 'lmtp' || !reply.startsWith('5')) throw new Error(oneLineReply(reply));
    const second = await ask(`HELO ${name}`);
    if (!second.startsWith('250')) throw new Error(oneLineReply(second));
    return smtpExtensions('');
  };

  let extensions = await hello();
  if (tls === 'required' || (tls === 'opportunistic' && extensions.has('STARTTLS'))) {
    if (!extensions.has('STARTTLS'))
      throw new Error('the server does not offer STARTTLS, and TLS is required');
    // Made before it is asked for: nothing may be read between the server's word and the handshake.
    const handshake = await tlsHandshake(peer, tls === 'required', options);
    const reply = await ask('STARTTLS');
    if (reply.startsWith('220')) {
      await wire.secure(handshake).catch((error: unknown) => {
        throw new Error(`STARTTLS: ${errorText(error)}`, { cause: error });
      });
      note('- TLS');
      extensions = await hello();
    } else if (tls === 'required' || !/^(?!421)[45]/.test(reply)) {
      throw new Error(`STARTTLS: ${oneLineReply(reply)}`);
    }
  }
  return extensions;
}

/** The computer's name where it is one of the Internet's, which servers insist on. */
function ownName(): string {
  const name = hostname();
  return name.includes('.') && isIP(name) === 0 ? name : '[127.0.0.1]';
}

async function tlsHandshake(
  peer: Peer,
  checked: boolean,
  { ca, serverName }: SmtpOptions,
): Promise<Handshake> {
  const tls = await import('node:tls');
  const host = serverName ?? ('host' in peer ? peer.host : 'localhost');
  const named = isIP(host) === 0 ? { servername: host } : {};
  const trust = ca === undefined ? {} : { ca };
  return (socket) => tls.connect({ socket, host, ...named, ...trust, rejectUnauthorized: checked });
}

/** An LMTP client in the hands of a test: says what it is told, and reads reply by reply. */
import { connect, type Socket } from 'node:net';

/** A connection. */
export type LmtpClient = {
  readonly socket: Socket;
  readonly send: (text: string | Buffer) => void;
  /** The next whole reply, its lines joined by `|`; `null` when the server has closed. */
  readonly reply: () => Promise<string | null>;
  /** Sends, and gives the reply. */
  readonly ask: (text: string | Buffer) => Promise<string | null>;
  readonly close: () => void;
};

/** How long a reply may take, milliseconds. */
const PATIENCE_MS = 60_000;

/** Connects to a path, or to a port of 127.0.0.1. The greeting is the first reply. */
export function lmtpClient(to: string | number): LmtpClient {
  const socket = typeof to === 'string' ? connect(to) : connect(to, '127.0.0.1');
  let read = '';
  let ended = false;
  let wake: (() => void) | null = null;
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    read += text;
    wake?.();
  });
  const end = () => {
    ended = true;
    wake?.();
  };
  socket.on('error', end);
  socket.on('end', end);
  socket.on('close', end);
  const reply = async () => {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const whole = /^(?:\d{3}-[^\r\n]*\r\n)*\d{3} [^\r\n]*\r\n/.exec(read)?.[0];
      if (whole !== undefined) {
        read = read.slice(whole.length);
        return whole.trimEnd().split('\r\n').join('|');
      }
      if (ended) return null;
      if (Date.now() > deadline) throw new Error(`no reply; so far: ${JSON.stringify(read)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const send = (text: string | Buffer) => void socket.write(text);
  return {
    socket,
    send,
    reply,
    ask: (text) => {
      send(text);
      return reply();
    },
    close: () => socket.destroy(),
  };
}

/** Greeting, LHLO and an envelope. @throws when any of it is not taken */
export async function openEnvelope(
  client: LmtpClient,
  recipients: readonly string[],
  sender = 'ann@example.org',
): Promise<void> {
  const words = [
    'LHLO mx.example.org',
    `MAIL FROM:<${sender}>`,
    ...recipients.map((to) => `RCPT TO:<${to}>`),
  ];
  const replies = [await client.reply()];
  for (const word of words) replies.push(await client.ask(`${word}\r\n`));
  const refused = replies.find((reply) => reply?.startsWith('2') !== true);
  if (refused !== undefined) throw new Error(`refused: ${replies.join('\n')}`);
}

/**
 * What a mail server takes at the most: from smtp-source, which waits for each reply, and from a client that does nothing but
 * send whole envelopes at once (RFC 2920) over a few connections, without a queue and without a look at the replies but their codes.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BODY_BYTES, BOUNCES, messageOf, recipientsOf, type Shape } from './delivery-site.ts';
import { placed } from './processors.ts';
import type { Sink } from './sink.ts';
import { cleanEnvironment, runProcess, within } from './support.ts';

/** Sessions of smtp-source that are tried. */
export const SESSIONS = [1, 4, 16] as const;
const CONNECTIONS = 4;
/** So many times the messages: their clients would be gone before they have reached their speed. */
export const TIMES = 5;
const PATIENCE_MS = 60_000;

/** Recipients per second of smtp-source with so many sessions. */
export async function smtpSource(sink: Sink, shape: Shape, sessions: number): Promise<number> {
  const messages = shape.messages * TIMES;
  const count = ['-m', String(messages), '-r', String(shape.recipients), '-l', String(BODY_BYTES)];
  sink.reset();
  const startedAt = performance.now();
  runProcess(
    [
      ...placed('sender'),
      '/usr/sbin/smtp-source',
      '-d',
      '-s',
      String(sessions),
      ...count,
      `127.0.0.1:${sink.port}`,
    ],
    cleanEnvironment(),
  );
  const endedAt = await sink.until(messages, PATIENCE_MS);
  return ((messages * shape.recipients) / (endedAt - startedAt)) * 1000;
}

/** Reads replies one by one. */
function replyReader(socket: Socket): () => Promise<string> {
  let read = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    read += text;
  });
  return async () => {
    for (;;) {
      const end = /^\d{3} .*\r\n/m.exec(read);
      if (end) {
        read = read.slice(end.index + end[0].length);
        return end[0];
      }
      await once(socket, 'data');
    }
  };
}

async function lane(port: number, next: () => string[] | null): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const reply = replyReader(socket);
  const expect = async (code: string) => {
    const answer = await reply();
    if (!answer.startsWith(code)) throw new Error(`the sink said ${answer}`);
  };
  await expect('220');
  socket.write('EHLO bench.example\r\n');
  await expect('250');
  for (let envelope = next(); envelope !== null; envelope = next()) {
    const [head = '', content = '', recipients = '0'] = envelope;
    socket.write(head);
    for (let count = 0; count <= Number(recipients); count++) await expect('250');
    await expect('354');
    socket.write(content);
    await expect('250');
  }
  socket.end('QUIT\r\n');
}

/** Recipients per second of the bare client, in this process. */
export async function bareClient(sink: Sink, shape: Shape): Promise<number> {
  const messages = shape.messages * TIMES;
  let number = 0;
  const next = () => {
    if (number === messages) return null;
    const recipients = recipientsOf(shape, number);
    const envelope = [`MAIL FROM:<${BOUNCES}>`, ...recipients.map((to) => `RCPT TO:<${to}>`), 'DATA', ''];
    const content = `${messageOf(number).toString('latin1').replaceAll('\n', '\r\n')}.\r\n`;
    number++;
    return [envelope.join('\r\n'), content, String(recipients.length)];
  };
  sink.reset();
  const startedAt = performance.now();
  const lanes = Array.from({ length: CONNECTIONS }, () => lane(sink.port, next));
  await within(PATIENCE_MS, 'the bare client', Promise.all(lanes));
  const endedAt = await sink.until(messages, PATIENCE_MS);
  return ((messages * shape.recipients) / (endedAt - startedAt)) * 1000;
}

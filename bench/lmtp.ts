/** LMTP on a socket that is held: how long a client waits, with the start of the process (cold) and without it (warm). */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { holdSocket } from '../test/support/socket-holder.ts';
import { type BenchSite, makeSite, median, PROGRAM, report, runProcess, spread } from './support.ts';

const ROUNDS = 15;
const WARM = 200;

const POST = `From: ann@example.net\r\nSubject: Post\r\n\r\n${'All work and no play.\r\n'.repeat(180)}.\r\n`;

/** A connection and its replies. */
export type Client = { readonly socket: Socket; readonly reply: () => Promise<string> };

/** Connects to a socket. */
export function clientOf(path: string): Client {
  const socket = connect(path);
  let read = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    read += text;
  });
  const reply = async (): Promise<string> => {
    for (;;) {
      const whole = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(read)?.[0];
      if (whole !== undefined) {
        read = read.slice(whole.length);
        return whole;
      }
      await once(socket, 'data');
    }
  };
  return { socket, reply };
}

/** Says something and waits for a reply with this code. @throws when another one comes */
export async function ask({ socket, reply }: Client, text: string, code: string): Promise<void> {
  socket.write(text);
  const answer = await reply();
  if (!answer.startsWith(code)) throw new Error(`${text.slice(0, 40)}: ${answer}`);
}

/** One message. */
async function post(client: Client): Promise<void> {
  await ask(client, 'MAIL FROM:<ann@example.net>\r\n', '250');
  await ask(client, 'RCPT TO:<friends@lists.example>\r\n', '250');
  await ask(client, 'DATA\r\n', '354');
  await ask(client, POST, '250');
}

/** Calls a socket that nobody serves yet, and again when it is served. */
async function round(site: BenchSite) {
  await using held = await holdSocket([process.execPath, PROGRAM, 'lmtp'], site.env);
  const started = performance.now();
  const client = clientOf(held.path);
  await client.reply();
  const greeting = performance.now() - started;
  await ask(client, 'LHLO bench\r\n', '250');
  await post(client);
  const first = performance.now() - started;
  const warm: number[] = [];
  const greetings: number[] = [];
  for (let message = 0; message < WARM; message++) {
    const before = performance.now();
    await post(client);
    warm.push(performance.now() - before);
  }
  for (let call = 0; call < 20; call++) {
    const before = performance.now();
    const other = clientOf(held.path);
    await other.reply();
    greetings.push(performance.now() - before);
    other.socket.end('QUIT\r\n');
  }
  client.socket.end('QUIT\r\n');
  return { greeting, first, warm: median(warm), again: median(greetings) };
}

/** Runs the bench and prints its figures. */
export async function lmtp(): Promise<void> {
  const site = makeSite(['ann@example.net']);
  try {
    // A configuration that was changed within the last two seconds is not kept in the cache.
    await sleep(2_500);
    site.qrunner(['queue']);
    const rounds: Awaited<ReturnType<typeof round>>[] = [];
    const bare: number[] = [];
    for (let index = 0; index < ROUNDS; index++) {
      rounds.push(await round(site));
      bare.push(runProcess([process.execPath, '-e', '0'], site.env).ms);
    }
    report(`LMTP, ${ROUNDS} starts, posts of 4 KB`, [
      `node -e 0                          ${spread(bare, 0)} ms`,
      `connection to greeting, cold       ${spread(
        rounds.map(({ greeting }) => greeting),
        0,
      )} ms`,
      `connection to first 250, cold      ${spread(
        rounds.map(({ first }) => first),
        0,
      )} ms`,
      `connection to greeting, warm       ${spread(rounds.map(({ again }) => again))} ms`,
      `MAIL to 250, warm                  ${spread(rounds.map(({ warm }) => warm))} ms`,
    ]);
  } finally {
    site.remove();
  }
}

/**
 * A mail server as a program of its own: takes everything, and writes each message down before it says so.
 *
 *     node record-sink.js PORT FILE ADDRESS=DELAY_MS …
 *
 * Listens at PORT of each address. Half of the delay passes before a message is written down, half of it between that
 * and the answer, so that who sent it may die in either. FILE gets a line of JSON for each message, a {@link Recorded}.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SMTPServer } from 'smtp-server';
import { type Server, startServer } from './lab-server.ts';

/** A message that was taken. */
export type Recorded = {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The server's address. */
  readonly host: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
};

/** The server as a test sees it. */
export type RecordSink = Server &
  AsyncDisposable & {
    /** All that was taken, in order. */
    readonly records: () => Recorded[];
  };

/** Starts one; `hosts`: delays by address. 127.0.0.1 is always one of them. */
export async function startRecordSink(
  directory: string,
  port: number,
  hosts: Readonly<Record<string, number>>,
  env: Readonly<Record<string, string>>,
): Promise<RecordSink> {
  const file = join(directory, `sink-${port}`);
  const words = Object.entries({ '127.0.0.1': 0, ...hosts }).map(([host, delay]) => `${host}=${delay}`);
  const program = fileURLToPath(import.meta.url);
  const server = await startServer([process.execPath, program, String(port), file, ...words], { port, env });
  let read = 0;
  const known: Recorded[] = [];
  return {
    ...server,
    [Symbol.asyncDispose]: server.stop,
    records: () => {
      const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
      const end = bytes.lastIndexOf('\n') + 1;
      for (const line of bytes.toString('utf8', read, end).split('\n'))
        if (line !== '') known.push(JSON.parse(line));
      read = Math.max(read, end);
      return known;
    },
  };
}

function serve(port: number, file: string, host: string, delayMs: number): void {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    logger: false,
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      const take = async () => {
        if (delayMs > 0) await sleep(delayMs / 2);
        const record: Recorded = {
          at: Date.now(),
          host,
          from: envelope.mailFrom ? envelope.mailFrom.address : '',
          to: envelope.rcptTo.map(({ address }) => address),
          subject: /^Subject: *(.*?)\r?$/im.exec(Buffer.concat(chunks).toString('latin1'))?.[1] ?? '',
        };
        appendFileSync(file, `${JSON.stringify(record)}\n`);
        if (delayMs > 0) await sleep(delayMs / 2);
        done();
      };
      stream.on('end', () => void take());
    },
  });
  // Whoever is killed hangs up in the middle.
  server.on('error', () => {});
  server.listen(port, host);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port = '', file = '', ...hosts] = process.argv.slice(2);
  for (const word of hosts) {
    const [host = '', delay = '0'] = word.split('=');
    serve(Number(port), file, host, Number(delay));
  }
}

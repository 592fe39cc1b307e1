/**
 * Debian's smtp-sink as a process of its own, which takes everything: how many messages it has is read from the counters
 * it writes (-c), and who got which message from the transactions it records (-D); both lie in memory (/dev/shm) where there is some.
 * Needs the program smtp-sink of the Debian package postfix.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findUser } from '../test/support/lab-needs.ts';
import { freePort, startServer } from '../test/support/lab-server.ts';
import { whenInterrupted } from './interrupted.ts';
import { cleanEnvironment } from './support.ts';

/** The program. */
export const SMTP_SINK = '/usr/sbin/smtp-sink';

/** How often the counters are looked at: the error of a time. */
const POLL_MS = 3;
/** The last counters are within so many bytes of the end of what it writes. */
const TAIL = 128;

/** A running sink. */
export type Sink = AsyncDisposable & {
  readonly port: number;
  readonly pid: number;
  /** Messages since the last {@link Sink.reset}. */
  readonly messages: () => number;
  /** Resolves with `performance.now()` when it has so many messages. @throws after `patienceMs` */
  readonly until: (count: number, patienceMs: number) => Promise<number>;
  /** Watches the counters from here on until it is asked when the first and the last message came, `performance.now()`. */
  readonly follow: () => () => { readonly firstAt: number; readonly lastAt: number };
  /**
   * Proves that each of so many messages has reached each of its recipients once: by the Message-ID and the recipients of the
   * recorded transactions. Answers with the number of different senders. @throws when somebody got it twice, or not at all
   */
  readonly mustHave: (deliveries: number) => number;
  /** Counts from here, and forgets what was recorded. */
  readonly reset: () => void;
};

/** What is not as in every sink. */
export type SinkOptions = {
  /** The address it listens at. */
  readonly address?: string;
  /** Options of smtp-sink: `-w 1`. */
  readonly more?: readonly string[];
  /** False: nothing is recorded, for messages that would fill the memory. */
  readonly record?: boolean;
  /** Connections that may wait to be accepted. */
  readonly backlog?: number;
  /** What is put before the command: the processor it runs on. */
  readonly before?: readonly string[];
};

/** Starts one on a free port. */
export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  const { address = '127.0.0.1', more = [], record = true, before = [], backlog = 1000 } = options;
  const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'qrunner-sink-'));
  chmodSync(directory, 0o777);
  const counters = join(directory, 'counters');
  const transactions = join(directory, 'transactions');
  const port = await freePort();
  const words = [
    SMTP_SINK,
    '-c',
    ...(record ? ['-D', transactions] : []),
    ...more,
    `inet:${address}:${port}`,
    String(backlog),
  ];
  const script = ['sh', '-c', 'out=$1; shift; exec "$@" >"$out"', 'sh', counters, ...words];
  // It refuses to be root.
  const nobody = process.geteuid?.() === 0 ? findUser('nobody') : null;
  const server = await startServer([...before, ...script], {
    port,
    env: cleanEnvironment(),
    ...(nobody ? { user: nobody } : {}),
  });
  const fd = openSync(counters, 'r');
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const cleared = whenInterrupted(() => {
    process.kill(server.pid, 'SIGTERM');
    // One that was stopped hears it only when it goes on.
    process.kill(server.pid, 'SIGCONT');
    remove();
  });
  let base = 0;
  const total = () => {
    const bytes = Buffer.alloc(TAIL);
    const from = Math.max(0, fstatSync(fd).size - TAIL);
    const text = bytes.toString('latin1', 0, readSync(fd, bytes, 0, TAIL, from));
    return Number([...text.matchAll(/mesg=(\d+)\r/g)].at(-1)?.[1] ?? 0);
  };
  return {
    port,
    pid: server.pid,
    messages: () => total() - base,
    until: async (count, patienceMs) => {
      const giveUpAt = performance.now() + patienceMs;
      while (total() - base < count) {
        if (performance.now() > giveUpAt)
          throw new Error(`${total() - base} of ${count} messages came within ${patienceMs / 1000} s`);
        await sleep(POLL_MS);
      }
      return performance.now();
    },
    follow: () => {
      let firstAt = Number.NaN;
      let lastAt = Number.NaN;
      let seen = total();
      const look = () => {
        const now = total();
        if (now === seen) return;
        seen = now;
        lastAt = performance.now();
        if (Number.isNaN(firstAt)) firstAt = lastAt;
      };
      const timer = setInterval(look, POLL_MS);
      return () => {
        clearInterval(timer);
        look();
        return { firstAt, lastAt };
      };
    },
    mustHave: (deliveries) => checkTransactions(transactions, deliveries),
    reset: () => {
      base = total();
      rmSync(transactions, { force: true });
    },
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      cleared();
      closeSync(fd);
      remove();
    },
  };
}

function checkTransactions(file: string, deliveries: number): number {
  const senders = new Set<string | undefined>();
  const seen = new Set<string>();
  let all = 0;
  for (const transaction of readFileSync(file, 'latin1')
    .split(/^X-Client-Addr: /m)
    .slice(1)) {
    senders.add(/^X-Mail-Args: *(\S+)/m.exec(transaction)?.[1]);
    const id = /^Message-ID: *(\S+)/im.exec(transaction)?.[1] ?? 'no Message-ID';
    for (const [, recipient] of transaction.matchAll(/^X-Rcpt-Args: *(<[^>]*>)/gm)) {
      seen.add(`${id} ${recipient}`);
      all++;
    }
  }
  if (all !== deliveries || seen.size !== deliveries) {
    throw new Error(
      `${all} deliveries came, ${seen.size} of them different; wanted ${deliveries}, each once`,
    );
  }
  return senders.size;
}

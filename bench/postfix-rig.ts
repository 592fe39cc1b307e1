/**
 * A Postfix of a bench's own that sends everything to one server, with the settings Debian ships: below one directory, beside the
 * system's. What it takes waits in its queue `incoming` while its queue manager is stopped, so that a drain has a beginning.
 * Needs root.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import { runProgram, until } from '../test/support/lab.ts';
import { skipReason, userNamed } from '../test/support/lab-needs.ts';
import { freePort, type Server, startServer } from '../test/support/lab-server.ts';
import { ownPlaces } from '../test/support/postfix.ts';
import { whenInterrupted } from './interrupted.ts';
import { childrenOf, cpuMsOfTree } from './processor-time.ts';
import { placed } from './processors.ts';
import { cleanEnvironment } from './support.ts';

/** What a bench says about the settings that count. */
const TELLING = [
  'mail_version',
  'default_destination_concurrency_limit',
  'initial_destination_concurrency',
  'default_destination_recipient_limit',
  'default_process_limit',
  'smtp_tls_security_level',
];

/** A running Postfix. */
export type PostfixRig = AsyncDisposable & {
  /** Stops its queue manager, and takes messages. */
  readonly fill: (
    messages: readonly { readonly message: Buffer; readonly recipients: readonly string[] }[],
    sender: string,
  ) => Promise<void>;
  /** The same with one message, each of whose recipients is to get a transaction and a sender address of his own (VERP). */
  readonly fillPersonal: (message: Buffer, recipients: readonly string[], sender: string) => Promise<void>;
  /** Lets its queue manager go on. */
  readonly release: () => void;
  /** Resolves when nothing is in its queue. */
  readonly empty: () => Promise<void>;
  /** Processor time of all its processes so far, milliseconds. */
  readonly cpuMs: () => number;
  /** Transactions a message to so many recipients of one destination is sent in. */
  readonly transactions: (recipients: number) => number;
  readonly settings: string;
};

// As in Debian's main.cf and main.cf.tls, but for what makes it private and its relay.
const mainConfiguration = (
  directory: string,
  relay: number,
) => `${ownPlaces(directory)}myhostname = mx.bench.example
mydestination =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:${relay}
inet_interfaces = loopback-only
inet_protocols = ipv4
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_tls_CApath = /etc/ssl/certs
smtp_tls_security_level = may
smtp_tls_session_cache_database = btree:\${data_directory}/smtp_scache
biff = no
append_dot_mydomain = no
recipient_delimiter = +
local_recipient_maps =
alias_maps =
notify_classes =
`;

// As Debian's master.cf, but for the chroots. The cleanup must not wait for a queue manager that is stopped.
const masterConfiguration = (port: number) => `127.0.0.1:${port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
  -o in_flow_delay=0
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;

/** Why there can be none here; false when there can. */
export const skipPostfix = (): string | false =>
  skipReason({ programs: ['/usr/lib/postfix/sbin/master', 'postfix', 'sendmail'], users: ['postfix'] });

/** Sessions that fill it at the same time. */
const FILLERS = 8;
const PATIENCE_MS = 60_000;

/** Starts one. @throws when it does not start, with its log */
export async function startPostfix(relayPort: number): Promise<PostfixRig> {
  const directory = mkdtempSync(join(tmpdir(), 'qrunner-postfix-'));
  const below = (name: string) => join(directory, name);
  const owner = userNamed('postfix');
  chmodSync(directory, 0o755);
  for (const name of ['etc', 'queue', 'data']) mkdirSync(below(name));
  chownSync(below('data'), owner.uid, owner.gid);
  const port = await freePort();
  writeFileSync(below('etc/main.cf'), mainConfiguration(directory, relayPort));
  writeFileSync(below('etc/master.cf'), masterConfiguration(port));
  const env = cleanEnvironment({ PATH: '/usr/sbin:/usr/bin:/sbin:/bin' });
  const log = () => (existsSync(below('log')) ? readFileSync(below('log'), 'utf8') : '');
  const command = async (...args: string[]) => {
    const ran = await runProgram(args, env);
    if (ran.status !== 0) throw new Error(`${args.join(' ')}: ${ran.stderr}\n${log()}`);
    return ran.stdout;
  };
  const cleared = whenInterrupted(() => rmSync(directory, { recursive: true, force: true }));
  const remove = () => {
    cleared();
    rmSync(directory, { recursive: true, force: true });
  };
  let server: Server | null = null;
  try {
    // Makes the directories of the queue.
    await command('postfix', '-c', below('etc'), 'check');
    const master = [...placed('sender'), '/usr/lib/postfix/sbin/master', '-c', below('etc'), '-d'];
    const started = await startServer(master, { port, env });
    server = started;
    let manager = 0;
    const goOn = () => void (manager !== 0 && process.kill(manager, 'SIGCONT'));
    const ended = whenInterrupted(() => {
      // A queue manager that is stopped would outlive its master.
      goOn();
      process.kill(started.pid, 'SIGTERM');
    });
    await until(`its queue manager runs: ${log()}`, () => {
      manager = childrenOf(started.pid).find(({ name }) => name === 'qmgr')?.pid ?? 0;
      return manager !== 0;
    });
    const told = await command('postconf', '-c', below('etc'), ...TELLING);
    const limit = Number(/recipient_limit = (\d+)/.exec(told)?.[1]);
    const waiting = () =>
      ['incoming', 'active', 'deferred'].reduce(
        (count, queue) => count + filesIn(below(`queue/${queue}`)),
        0,
      );
    return {
      settings: told.trim().split('\n').join(', '),
      transactions: (recipients) => Math.ceil(recipients / limit),
      fill: async (messages, sender) => {
        process.kill(manager, 'SIGSTOP');
        await send(port, messages, sender);
        const came = filesIn(below('queue/incoming'));
        if (came !== messages.length)
          throw new Error(`Postfix has ${came} of ${messages.length} messages:\n${log()}`);
      },
      fillPersonal: async (message, recipients, sender) => {
        process.kill(manager, 'SIGSTOP');
        const words = ['sendmail', '-C', below('etc'), '-V', '-i', '-f', sender, '--', ...recipients];
        const ran = await runProgram(words, env, { input: message });
        if (ran.status !== 0) throw new Error(`sendmail: ${ran.stderr}\n${log()}`);
        await until(`Postfix has the message: ${log()}`, () => filesIn(below('queue/incoming')) === 1);
      },
      release: goOn,
      empty: async () => {
        const giveUpAt = performance.now() + PATIENCE_MS;
        while (waiting() > 0) {
          if (performance.now() > giveUpAt) throw new Error(`Postfix keeps ${waiting()} messages:\n${log()}`);
          await sleep(5);
        }
      },
      cpuMs: () => cpuMsOfTree(started.pid),
      [Symbol.asyncDispose]: async () => {
        ended();
        try {
          goOn();
        } finally {
          await started.stop();
          remove();
        }
      },
    };
  } catch (error) {
    await server?.stop();
    remove();
    throw error;
  }
}

function filesIn(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .length;
}

async function send(
  port: number,
  messages: readonly { readonly message: Buffer; readonly recipients: readonly string[] }[],
  sender: string,
): Promise<void> {
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    pool: true,
    maxConnections: FILLERS,
    maxMessages: Number.POSITIVE_INFINITY,
    ignoreTLS: true,
    name: 'bench.example',
  });
  try {
    await Promise.all(
      messages.map(({ message, recipients }) =>
        transport.sendMail({ envelope: { from: sender, to: [...recipients] }, raw: message }),
      ),
    );
  } finally {
    transport.close();
  }
}

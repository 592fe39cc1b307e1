/**
 * A Postfix of a test's own: takes mail for the lists' domain and pipes it into `qrunner inject`, takes mail
 * for members and puts it into Maildirs. All of it lies below one directory.
 *
 *     await using postfix = makePostfix(join(lab.root, 'postfix'), { port, … });
 *     await postfix.start();
 *     await postfix.send('ada@members.example', ['friends@lists.example'], message);
 */
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import { LIST_DOMAIN, runProgram, until } from './lab.ts';
import { readMaildir } from './lab-mail.ts';
import { userNamed } from './lab-needs.ts';
import { type Server, startServer } from './lab-server.ts';

/** Programs of the Debian package postfix. */
export const POSTFIX_PROGRAMS = ['postfix', 'postqueue', 'setpriv', '/usr/lib/postfix/sbin/master'];

/** Domain of the members' mailboxes. */
const MEMBER_DOMAIN = 'members.example';

/** Times it is started before that counts as failed. */
const START_TRIES = 5;

/** A Postfix that can be started and stopped. */
export type Postfix = AsyncDisposable & {
  readonly port: number;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Hands it a message by SMTP. */
  readonly send: (sender: string, recipients: readonly string[], message: Buffer | string) => Promise<void>;
  /** The messages in a member's mailbox; `ada` is ada@members.example. */
  readonly mailbox: (user: string) => Buffer[];
  /** Waits until a mailbox has so many messages, and gives them. */
  readonly awaitMail: (user: string, count: number) => Promise<Buffer[]>;
  /** Why each message in its queue still waits. */
  readonly waiting: () => Promise<string[]>;
  /** Waits until its queue is empty. */
  readonly idle: () => Promise<void>;
  /** Tries what waits at once. */
  readonly flush: () => Promise<void>;
  readonly log: () => string;
};

/** What it is made of. */
export type PostfixOptions = {
  /** A free port of 127.0.0.1. */
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** The command, with its first arguments, that messages for lists are piped into. */
  readonly inject: readonly string[];
  /** Who it runs that command as. */
  readonly user: string;
  /** Members with a mailbox, without their domain. */
  readonly mailboxes: readonly string[];
  /** Addresses of the members' domain that lead elsewhere: accepted first, and followed later. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Lines of main.cf and master.cf that hand mail for the lists elsewhere than to the pipe. */
  readonly lists?: { readonly main: string; readonly master: string };
  /** More ways in, each with settings of its own. */
  readonly ports?: readonly SmtpdPort[];
  /** More lines of main.cf. */
  readonly main?: string;
};

/** A way in beside the first. */
export type SmtpdPort = {
  readonly port: number;
  /** Another domain whose mailboxes are here. */
  readonly domain: string;
  /** Mailboxes there, `ada` for ada@domain; they lie in `ada@domain/`. */
  readonly mailboxes: readonly string[];
  /** Settings of main.cf that hold here only. */
  readonly settings: Readonly<Record<string, string>>;
};

/** One word of pipe(8)'s argv; `{…}` keeps blanks together (Postfix 3.0). */
const quoted = (word: string) => (/[\s{}]/.test(word) ? `{ ${word} }` : word);

/** The lines of main.cf that keep all of a Postfix below one directory. */
export function ownPlaces(directory: string): string {
  return `compatibility_level = 3.6
queue_directory = ${directory}/queue
data_directory = ${directory}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = ${directory}
maillog_file = ${directory}/log
`;
}

function mainConfiguration(directory: string, lists: string, domains: readonly string[]): string {
  return `${ownPlaces(directory)}myhostname = mx.members.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_sasl_auth_enable = no
smtpd_relay_restrictions = permit_mynetworks, reject
default_transport = error:5.4.4 this test reaches nobody else
${lists}recipient_delimiter = +
local_recipient_maps =
alias_maps =
virtual_mailbox_domains = ${[MEMBER_DOMAIN, ...domains].join(', ')}
virtual_mailbox_base = ${directory}/mail
virtual_mailbox_maps = texthash:${directory}/mailboxes
virtual_alias_maps = texthash:${directory}/aliases
virtual_minimum_uid = 1
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
notify_classes =
`;
}

/** The least services; none runs in a chroot. Columns as in master(5). */
function masterConfiguration(port: number, service: string, ports: readonly SmtpdPort[]): string {
  const more = ports.map(({ port: other, settings }) => {
    const words = Object.entries(settings).map(([name, value]) => `  -o ${name}=${value}\n`);
    return `127.0.0.1:${other} inet n - n - - smtpd\n${words.join('')}`;
  });
  return `${more.join('')}tlsmgr unix - - n 1000? 1 tlsmgr
127.0.0.1:${port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
showq unix n - n - - showq
anvil unix - - n - 1 anvil
virtual unix - n n - - virtual
postlog unix-dgram n - n - 1 postlogd
${service}`;
}

/** What hands mail for the lists' domain to the pipe. */
const PIPE_LISTS = `relay_transport = qrunner
relay_domains = ${LIST_DOMAIN}
qrunner_destination_recipient_limit = 1
`;

/** A table of addresses of the members' domain. */
function mapLines(map: readonly (readonly [string, string])[]): string {
  return map.map(([from, to]) => `${from}@${MEMBER_DOMAIN} ${to}\n`).join('');
}

/** Writes its configuration and directories; it is not running yet. */
export function makePostfix(
  directory: string,
  { port, env, inject, user, mailboxes, aliases = {}, lists, ports = [], main = '' }: PostfixOptions,
): Postfix {
  const owner = userNamed('postfix');
  const below = (name: string) => join(directory, name);
  for (const name of ['', 'etc', 'queue', 'data', 'mail']) mkdirSync(below(name));
  chmodSync(directory, 0o755);
  chownSync(below('data'), owner.uid, owner.gid);
  chownSync(below('mail'), 65_534, 65_534);
  const others = ports.flatMap(({ domain, mailboxes: names }) => names.map((name) => `${name}@${domain}`));
  writeFileSync(
    below('mailboxes'),
    mapLines(mailboxes.map((name) => [name, `${name}/`])) + others.map((one) => `${one} ${one}/\n`).join(''),
  );
  writeFileSync(below('aliases'), mapLines(Object.entries(aliases)));
  // Postfix starts its pipes with an environment of its own; env(1) makes it the lab's.
  const words = [
    '/usr/bin/env',
    '-i',
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ...inject,
  ];
  // The macros are Postfix's.
  const macros = ['inject', '$', '--sender', '$', '--extension', '$'];
  const names = ['{recipient}', '{sender}', '{extension}'];
  const argv = [...words.map(quoted), ...macros.map((word) => (word === '$' ? `$${names.shift()}` : word))];
  const pipe = `flags=R user=${user} null_sender= argv=${argv.join(' ')}`;
  writeFileSync(
    below('etc/main.cf'),
    mainConfiguration(
      directory,
      lists?.main ?? PIPE_LISTS,
      ports.map(({ domain }) => domain),
    ) + main,
  );
  writeFileSync(
    below('etc/master.cf'),
    masterConfiguration(port, lists?.master ?? `qrunner unix - n n - - pipe\n  ${pipe}\n`, ports),
  );
  const command = async (name: string, ...args: string[]) => {
    const ran = await runProgram([name, '-c', below('etc'), ...args], env);
    if (ran.status !== 0) throw new Error(`${name} ${args.join(' ')}: ${ran.stderr}\n${log()}`);
    return ran.stdout;
  };
  const log = () => (existsSync(below('log')) ? readFileSync(below('log'), 'utf8') : '');
  const mailbox = (name: string) => readMaildir(join(below('mail'), name));
  let server: Server | null = null;

  const waiting = async () => {
    const found = (await command('postqueue', '-j')).split('\n').filter((line) => line !== '');
    return found.map((line) => /"delay_reason": "((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? 'no reason yet');
  };
  const stop = async () => {
    await server?.stop();
    server = null;
  };
  return {
    port,
    start: async () => {
      // Makes the directories of the queue.
      await command('postfix', 'check');
      const master = ['/usr/lib/postfix/sbin/master', '-c', below('etc'), '-d'];
      // A port that was free may be a client's by now, for a while.
      for (let tries = 1; server === null; tries++) {
        try {
          server = await startServer(master, { port, env });
        } catch (error) {
          if (tries === START_TRIES) throw new Error(`Postfix does not start:\n${log()}`, { cause: error });
          await sleep(500);
        }
      }
    },
    stop,
    send: async (sender, recipients, message) => {
      const transport = createTransport({ host: '127.0.0.1', port, ignoreTLS: true, name: 'test.example' });
      try {
        await transport.sendMail({ envelope: { from: sender, to: [...recipients] }, raw: message });
      } finally {
        transport.close();
      }
    },
    mailbox,
    awaitMail: async (name, count) => {
      await until(
        `${count} messages for ${name}; Postfix says:\n${log()}`,
        () => mailbox(name).length >= count,
      );
      return mailbox(name);
    },
    waiting,
    idle: async () => {
      await until(`Postfix's queue is empty:\n${log()}`, async () => (await waiting()).length === 0);
    },
    flush: async () => {
      await command('postqueue', '-f');
    },
    log,
    [Symbol.asyncDispose]: stop,
  };
}

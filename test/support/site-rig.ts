/**
 * A throw-away site with one list, and the program called in this process as an operator calls it.
 *
 *     const site = await siteRig(t, { members: ['ann@example.org'] });
 *     await site.inject('From: ann@example.org\n\nHello\n');
 *     await site.run();
 *     site.lies();      // where every entry is: { 'in/held': 1 }
 *     site.mail('ann@example.org');
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import type { Test } from 'tap';
import { main } from '../../lib/cli/main.ts';
import type { EntryMeta } from '../../lib/spool/entry.ts';
import { readEntryFile, readMessage } from '../../lib/spool/entry-file.ts';
import { STATES, type State } from '../../lib/spool/state.ts';

/** What a site is made with. */
export type SiteOptions = {
  /** More of qrunner.yaml. */
  readonly site?: string;
  /** More of the list's file. */
  readonly list?: string;
  readonly members?: readonly string[];
  /** More files in the site's directory. */
  readonly files?: Readonly<Record<string, string>>;
};

/** What a call of the program brought. */
export type Called = { readonly status: number; readonly out: string; readonly err: string };

/** An entry as it lies in the spool. */
export type Laid = {
  readonly file: string;
  readonly meta: EntryMeta;
  /** Read as latin1, one character per byte. */
  readonly message: string;
  readonly reason: string | null;
};

/** The site. The list is friends@example.org, its owner is olga@example.org. */
export type SiteRig = {
  readonly dir: string;
  /** One command line, without --config. */
  readonly call: (
    args: readonly string[],
    input?: string | Buffer | Readable,
    tty?: boolean,
  ) => Promise<Called>;
  /** Puts a message in; fails the test unless it was taken. */
  readonly inject: (message: string | Buffer, ...args: string[]) => Promise<void>;
  /** Drains these queues, or all; fails the test unless that ends with 0. */
  readonly run: (...queues: string[]) => Promise<void>;
  /** The number of files in each state of each queue that holds some. */
  readonly lies: () => Record<string, number>;
  readonly entries: (queue: string, state?: State) => Promise<Laid[]>;
  /** The only entry there. */
  readonly entry: (queue: string, state?: State) => Promise<Laid>;
  /** What was delivered to an address, one string per mail. */
  readonly mail: (address: string) => string[];
  /** What the list's archive holds. */
  readonly archive: () => string[];
};

/** A stream that keeps what is written to it. */
export class Captured extends Writable {
  readonly isTTY: boolean;
  readonly columns = 100;
  text = '';

  constructor(tty = false) {
    super();
    this.isTTY = tty;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}

/** An environment whose home and caches are in `dir`. */
export function privateEnv(dir: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: join(dir, 'home'),
    XDG_CACHE_HOME: join(dir, 'cache'),
    CACHE_DIRECTORY: join(dir, 'cache'),
  };
}

/** Calls the program in this process. */
export async function callMain(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  input: string | Buffer | Readable = '',
  tty = false,
): Promise<Called> {
  const stdout = new Captured(tty);
  const stderr = new Captured(tty);
  const stdin = input instanceof Readable ? input : Readable.from(input === '' ? [] : [Buffer.from(input)]);
  const status = await main(argv, { stdin, stdout, stderr, env });
  return { status, out: stdout.text, err: stderr.text };
}

/** The text of qrunner.yaml and of the list's file, and what else there is. */
export function siteFiles({ site = '', list = '', files = {} }: SiteOptions = {}) {
  const transport = site.includes('transport:') ? '' : 'transport: { type: maildir, path: mail }\n';
  return {
    'qrunner.yaml': `domain: example.org\nowner: ada@example.org\nspool: spool\nstate: state\n${transport}${site}`,
    lists: { 'friends.yaml': `owners: [olga@example.org]\n${list}` },
    ...files,
  };
}

/** Makes the site in the test's directory. */
export async function siteRig(t: Test, options: SiteOptions = {}): Promise<SiteRig> {
  const dir = t.testdir(siteFiles(options));
  const env = privateEnv(dir);
  const call: SiteRig['call'] = (args, input, tty) => callMain(['--config', dir, ...args], env, input, tty);
  const succeed = async (args: readonly string[], input?: string | Buffer) => {
    const { status, err } = await call(args, input);
    if (status !== 0) throw new Error(`qrunner ${args.join(' ')}: ${status}: ${err}`);
  };
  const { members = [] } = options;
  if (members.length > 0) await succeed(['member', 'add', 'friends', ...members]);
  const { lies, entries } = spoolView(join(dir, 'spool'));
  return {
    dir,
    call,
    inject: (message, ...args) => succeed(['inject', 'friends', ...args], message),
    run: (...queues) =>
      succeed([...(queues.length === 0 ? ['--all'] : queues.flatMap((queue) => ['-r', queue])), '--once']),
    lies,
    entries,
    entry: async (queue, state = 'new') => {
      const [only, ...more] = await entries(queue, state);
      if (only === undefined || more.length > 0) {
        throw new Error(`wanted one entry in ${queue}/${state}, found ${JSON.stringify(lies())}`);
      }
      return only;
    },
    mail: (address) => maildir(join(dir, 'mail', address)),
    archive: () => maildir(join(dir, 'state', 'archive', 'friends@example.org')),
  };
}

/** What lies in a spool. */
export function spoolView(spool: string): Pick<SiteRig, 'lies' | 'entries'> {
  return {
    lies: () => {
      const found: Record<string, number> = {};
      if (!existsSync(spool)) return found;
      for (const queue of directories(spool)) {
        for (const state of STATES) {
          const { length } = filesIn(join(spool, queue, state)).filter((file) => !file.endsWith('.reason'));
          if (length > 0) found[`${queue}/${state}`] = length;
        }
      }
      return found;
    },
    entries: (queue, state = 'new') => {
      const directory = join(spool, queue, state);
      const files = filesIn(directory).filter((file) => !file.endsWith('.reason'));
      return Promise.all(files.map((file) => readLaid(join(directory, file))));
    },
  };
}

async function readLaid(path: string): Promise<Laid> {
  const entry = readEntryFile(path);
  if (typeof entry === 'string') throw new Error(`${path}: ${entry}`);
  const message = (await readMessage(entry, 0, entry.messageLength)).toString('latin1');
  const reasonFile = `${path}.reason`;
  const reason = existsSync(reasonFile) ? readFileSync(reasonFile, 'utf8').slice(25) : null;
  return { file: path, meta: entry.meta, message, reason };
}

function directories(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'bell')
    .map((entry) => entry.name);
}

/** Files below a directory, in order. */
function filesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

/** The mails of a Maildir, read as latin1. */
export function maildir(path: string): string[] {
  const folder = join(path, 'new');
  return filesIn(folder).map((file) => readFileSync(join(folder, file), 'latin1'));
}

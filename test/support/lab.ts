/**
 * A site of its own for a test of the built program: a directory, a qrunner.yaml, a user, and nothing of
 * whoever runs the tests.
 *
 *     await using lab = makeLab({ user: daemonUser() });
 *     await lab.must(['list', 'create', 'friends', '--owner', 'ada@members.example']);
 *     const ran = await lab.run(['--all', '--once']);
 */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtProgram } from './lab-program.ts';

/** Who a program runs as. */
export type User = { readonly uid: number; readonly gid: number };

/** How a program ended. */
export type Ran = {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** How a program is started. */
export type RunOptions = {
  /** Standard input; empty when left out. */
  readonly input?: string | Buffer;
  /** Added to the lab's environment. */
  readonly env?: Readonly<Record<string, string>>;
};

/** A site in a directory that is removed when the lab is disposed of. */
export type Lab = Disposable & {
  /** Everything of the lab lies below it; everybody may enter it. */
  readonly root: string;
  /** Directory of qrunner.yaml. */
  readonly site: string;
  readonly spool: string;
  readonly state: string;
  /** The whole environment of the programs of the lab. */
  readonly env: Readonly<Record<string, string>>;
  /** The words before the arguments that run the program on this site, also in a copy of its directory. */
  readonly command: (site?: string) => readonly [string, ...string[]];
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<Ran>;
  /** The same, and what it wrote. @throws when the exit status is not 0 */
  readonly must: (args: readonly string[], options?: RunOptions) => Promise<string>;
};

/** What is not as in every lab. */
export type LabOptions = {
  /** What stands in qrunner.yaml beside domain, owner, spool and state. */
  readonly yaml?: string;
  /** Directories elsewhere than in the site's. */
  readonly spool?: string;
  readonly state?: string;
  /** The program's user, who owns the site; the present one when left out. */
  readonly user?: User;
  /** Where the lab's directory is made; the system's place for such when left out. */
  readonly above?: string;
};

/** Domain of the lists of every lab. */
export const LIST_DOMAIN = 'lists.example';

/** Runs a program to its end. */
export async function runProgram(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  options: { readonly input?: string | Buffer; readonly user?: User | undefined; readonly cwd?: string } = {},
): Promise<Ran> {
  const [program = '', ...args] = command;
  const { input = '', user, cwd = '/' } = options;
  const child = spawn(program, args, { env, cwd, ...user, stdio: ['pipe', 'pipe', 'pipe'] });
  const written: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => written[name].push(chunk));
  }
  // A program that ends before it has read all is no trouble of the test's.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const text = (name: 'stdout' | 'stderr') => Buffer.concat(written[name]).toString();
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      resolve({ status, signal, stdout: text('stdout'), stderr: text('stderr') });
    });
  });
}

/** Makes a lab. @throws when the program was not built */
export function makeLab({
  yaml = '',
  spool = 'spool',
  state = 'state',
  user,
  above = tmpdir(),
}: LabOptions = {}): Lab {
  const program = builtProgram;
  if (program === null) throw new Error('no dist/qrunner.cjs: run node build.mjs');
  const root = mkdtempSync(join(above, 'qrunner-lab-'));
  const site = join(root, 'site');
  const home = join(root, 'home');
  chmodSync(root, 0o755);
  for (const directory of [site, home, join(site, 'lists')]) {
    mkdirSync(directory);
    if (user) chownSync(directory, user.uid, user.gid);
  }
  const words = { domain: LIST_DOMAIN, owner: 'postmaster@members.example', spool, state };
  const settings = Object.entries(words).map(([key, value]) => `${key}: ${value}\n`);
  writeFileSync(join(site, 'qrunner.yaml'), `${settings.join('')}${yaml}`);
  // Nothing of the tests' own environment: it may slow down Node, measure it, or name another site.
  const env = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C',
    TZ: 'UTC',
    HOME: home,
    XDG_CACHE_HOME: join(home, 'cache'),
    CACHE_DIRECTORY: join(home, 'cache'),
  };
  const command = (at = site): readonly [string, ...string[]] => [process.execPath, program, '--config', at];
  const run: Lab['run'] = (args, { input = '', env: more = {} } = {}) =>
    runProgram([...command(), ...args], { ...env, ...more }, { input, user });
  return {
    root,
    site,
    spool: resolve(site, spool),
    state: resolve(site, state),
    env,
    command,
    run,
    must: async (args, options) => {
      const { status, signal, stdout, stderr } = await run(args, options);
      if (status !== 0)
        throw new Error(`qrunner ${args.join(' ')} ended with ${status ?? signal}: ${stderr}`);
      return stdout;
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Makes a list with members; `yaml` is what stands in its file beside the owner. */
export async function makeList(
  lab: Lab,
  name: string,
  members: readonly string[],
  { yaml = '', owner = 'owner@members.example' } = {},
): Promise<void> {
  writeFileSync(join(lab.site, 'lists', `${name}.yaml`), `owners: [${owner}]\n${yaml}`);
  if (members.length > 0) await lab.must(['member', 'add', name, ...members]);
}

/** An entry as `qrunner queue ls --json` tells it, as far as the tests look. */
export type SeenEntry = { readonly queue: string; readonly state: string; readonly dueAt: number | null };

/** What lies in the queues. */
export async function entriesOf(lab: Lab): Promise<SeenEntry[]> {
  const lines = (await lab.must(['--json', 'queue', 'ls'])).split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const seen: unknown = JSON.parse(line);
    if (
      typeof seen !== 'object' ||
      seen === null ||
      !('queue' in seen && 'state' in seen && 'dueAt' in seen)
    ) {
      throw new Error(`not an entry: ${line}`);
    }
    const { queue, state, dueAt } = seen;
    return { queue: String(queue), state: String(state), dueAt: typeof dueAt === 'number' ? dueAt : null };
  });
}

/** Where the entries lie, sorted: `retry/deferred`. */
export async function placesOf(lab: Lab): Promise<string[]> {
  return (await entriesOf(lab)).map(({ queue, state }) => `${queue}/${state}`).sort();
}

/** What an operator does who does not want to wait: entries that are held and released are new again. */
export async function releaseAll(lab: Lab): Promise<void> {
  const entries = await lab.must(['--json', 'queue', 'ls']);
  const ids = entries.match(/(?<=^\{"id":")[^"]+/gm) ?? [];
  await lab.must(['queue', 'hold', ...ids]);
  await lab.must(['queue', 'release', ...ids]);
}

/** Every file of the spool that holds or announces work, sorted: `in/tmp/…`, `bell/…`. */
export function filesInSpool(spool: string): string[] {
  return readdirSync(spool, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !['lock', 'FORMAT', 'bell-source'].includes(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(spool.length + 1))
    .sort();
}

/** Asks until the answer is neither `null` nor false. @throws when that takes longer than `ms` */
export async function until<T>(
  what: string,
  ask: () => T | null | false | Promise<T | null | false>,
  ms = 20_000,
): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain: ${what}`);
    await sleep(50);
  }
}

/** Processes of the program that work on the lab's site: none may stay. */
export function processesOf(lab: Lab): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = readFileSync(join('/proc', pid, 'cmdline'), 'utf8').split('\0');
        return words[0] === process.execPath && words.includes(lab.site) ? [words.join(' ')] : [];
      } catch {
        // It has just ended.
        return [];
      }
    });
}

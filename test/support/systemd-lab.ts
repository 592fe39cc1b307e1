/**
 * A machine with systemd and a site, as its operator sees it.
 *
 *     await using lab = await bootSystemd();
 *     await installUnits(lab);
 *     await lab.site.post('hello');
 *     await lab.until('ben has it', () => lab.site.subjects('ben').includes('hello'));
 *     await lab.run(['systemctl', 'status', 'qrunner.path']);
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type Ran, runProgram, until } from './lab.ts';
import { skipReason } from './lab-needs.ts';
import { makeMachine } from './systemd-machine.ts';
import { makeSite, type SiteOptions, type SystemdSite } from './systemd-site.ts';

/** How a program is started in the lab. */
export type InLab = {
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  /** Whom it runs as; root when left out. */
  readonly user?: string;
};

/** A running systemd with a site. */
export type SystemdLab = AsyncDisposable & {
  readonly run: (command: readonly string[], options?: InLab) => Promise<Ran>;
  /** The same, and what it wrote. @throws when the exit status is not 0 */
  readonly must: (command: readonly string[], options?: InLab) => Promise<string>;
  /** Starts a program and does not wait for it. Its output is piped. */
  readonly start: (command: readonly string[], options?: InLab) => ChildProcess;
  /** A path of the lab, seen from outside; another one after a reboot. */
  readonly path: (path: string) => string;
  /** Asks until the answer is neither `null` nor false. @throws with the journal when that takes longer than 30 s */
  readonly until: <T>(
    what: string,
    ask: () => T | null | false | Promise<T | null | false>,
    ms?: number,
  ) => Promise<T>;
  /** What `systemctl show` says of a unit: `active`, `failed`, `success`. */
  readonly show: (unit: string, property: string) => Promise<string>;
  readonly status: (unit: string) => Promise<string>;
  /** The journal since the boot; of one unit when it is named. */
  readonly journal: (unit?: string) => Promise<string>;
  /** How often a unit was started since the boot. */
  readonly starts: (unit?: string) => Promise<number>;
  /** Command lines of the processes of qrunner. */
  readonly processes: () => string[];
  /** `off`: as `systemctl reboot` does. `cut`: everything is killed. */
  readonly reboot: (how: 'off' | 'cut') => Promise<void>;
  readonly site: SystemdSite;
};

/** Programs of util-linux, procps and systemd. */
const PROGRAMS = [
  'unshare',
  'nsenter',
  'setpriv',
  'mount',
  'pivot_root',
  'systemctl',
  '/lib/systemd/systemd',
  'dbus-daemon',
];

/** systemd's id for "a unit is being started", systemd.journal-fields(7) and sd-messages.h. */
const STARTING = '7d4958e842da4a758f6c1cdc7b36dcc5';

const ENV = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
  SYSTEMD_PAGER: '',
  SYSTEMD_COLORS: '0',
};

/** Why no systemd can be booted here; false when it can. */
export function noSystemd(
  needs: { readonly programs?: readonly string[]; readonly users?: readonly string[] } = {},
): string | false {
  const reason = skipReason({
    programs: [...PROGRAMS, ...(needs.programs ?? [])],
    users: ['list', ...(needs.users ?? [])],
  });
  if (reason !== false) return reason;
  if (/^\/(tmp|run)\//.test(process.execPath)) return `needs a Node outside of /tmp: ${process.execPath}`;
  const spaces = ['--pid', '--mount', '--cgroup', '--uts', '--ipc', '--net', '--fork'];
  const mounts = 'mount -t proc proc /proc && mount -t cgroup2 cgroup2 /tmp';
  try {
    execFileSync('unshare', [...spaces, 'sh', '-c', mounts], { stdio: 'pipe' });
  } catch (error) {
    return `needs namespaces and control groups (v2): ${String(error).split('\n')[1] ?? 'unshare(1) fails'}`;
  }
  return false;
}

/** Boots a machine and makes its site. */
export async function bootSystemd(options: SiteOptions = {}): Promise<SystemdLab> {
  const machine = await makeMachine();
  const words = (command: readonly string[], { user }: InLab) => {
    const as = user === undefined ? [] : ['setpriv', '--reuid', user, '--regid', user, '--init-groups'];
    return [...machine.enter(), ...as, ...command];
  };
  const started: ChildProcess[] = [];
  const start: SystemdLab['start'] = (command, at = {}) => {
    const [program = '', ...args] = words(command, at);
    const options = { env: { ...ENV, ...at.env }, cwd: '/', stdio: 'pipe' } as const;
    const child = spawn(program, args, options);
    started.push(child);
    return child;
  };
  const run: SystemdLab['run'] = (command, at = {}) =>
    runProgram(words(command, at), { ...ENV, ...at.env }, { input: at.input ?? '' });
  const must: SystemdLab['must'] = async (command, at) => {
    const { status, signal, stdout, stderr } = await run(command, at);
    if (status !== 0)
      throw new Error(`${command.join(' ')} ended with ${status ?? signal}: ${stderr}${stdout}`);
    return stdout;
  };
  const journal = async (unit?: string) =>
    must(['journalctl', '-q', '--no-pager', '-o', 'short-monotonic', ...(unit ? ['-u', unit] : [])]);
  const boot = async () => {
    await machine.boot();
    await until('systemd has booted', async () => {
      const { stdout } = await run(['systemctl', 'is-active', 'multi-user.target']);
      return stdout.trim() === 'active';
    });
  };
  const lab = {
    run,
    must,
    start,
    path: machine.path,
    until: async (what, ask, ms = 30_000) => {
      try {
        return await until(what, ask, ms);
      } catch (error) {
        throw new Error(`${what}; the journal ends with\n${(await journal()).slice(-4_000)}`, {
          cause: error,
        });
      }
    },
    show: async (unit, property) =>
      (await must(['systemctl', 'show', '--value', '-p', property, unit])).trimEnd(),
    // It exits with 3 for a unit that is not active.
    status: async (unit) => (await run(['systemctl', 'status', '--no-pager', '-l', '-n', '20', unit])).stdout,
    journal,
    starts: async (unit = 'qrunner.service') => {
      const found = ['-q', '--no-pager', '-o', 'cat', `MESSAGE_ID=${STARTING}`, `UNIT=${unit}`];
      return (await must(['journalctl', ...found])).split('\n').length - 1;
    },
    processes: () => processesIn(machine.pid()),
    reboot: async (how) => {
      if (how === 'cut') await machine.cut();
      else {
        start(['systemctl', 'poweroff']);
        // systemd stops what it is about to kill; nsenter(1) stops with it, and nobody would see the end of its child.
        const wake = setInterval(() => {
          for (const child of started) child.kill('SIGCONT');
        }, 100);
        await machine.off().finally(() => clearInterval(wake));
      }
      await boot();
    },
    [Symbol.asyncDispose]: machine[Symbol.asyncDispose],
  } satisfies Omit<SystemdLab, 'site'>;
  try {
    await boot();
    return { ...lab, site: await makeSite(lab, options) };
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}

/** Processes of the program in the PID namespace of `init`. */
function processesIn(init: number): string[] {
  const space = readlinkSync(`/proc/${init}/ns/pid`);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
    .flatMap((pid) => {
      try {
        if (readlinkSync(`/proc/${pid}/ns/pid`) !== space) return [];
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words.some((word) => word.endsWith('qrunner.cjs')) ? [words.join(' ').trim()] : [];
      } catch {
        // It has just ended.
        return [];
      }
    });
}

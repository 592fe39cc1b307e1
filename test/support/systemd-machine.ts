/**
 * A machine of a test's own: PID 1 is systemd, in PID, mount, cgroup, IPC, UTS and network namespaces of its own, over an
 * overlay of this computer's root with an empty /tmp, /run and /dev. What is written there lands in memory.
 *
 *     host                     a keeper process, whose mount namespace holds the overlay's upper layer and the cgroup tree
 *     machine, booted once     unshare → systemd
 *     machine, booted again    the same upper layer, a cgroup of its own
 *
 * Promises: nothing outside is mounted or changed but for one empty directory in the temporary directory and one cgroup. The
 * keeper removes both, and ends everything in the machine, when its standard input closes: at `dispose`, or when
 * the test's process dies, however it dies. Two machines share nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './lab.ts';

/** Where the program lies in every machine, readable for every user there: dist/, build/ and node_modules/. */
export const PROGRAM_IN_MACHINE = '/usr/lib/qrunner';

const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url));

/** Arguments: the machine's directory, the name of its cgroup. The mounts are this namespace's only. */
const KEEPER = `
trap '' HUP INT TERM
set -eu
mount -t tmpfs -o mode=755 qrunner-lab "$1"
mkdir "$1/upper" "$1/work" "$1/root" "$1/cgroup"
mount -t cgroup2 cgroup2 "$1/cgroup"
mkdir "$1/cgroup/$2"
echo ready
cat >/dev/null
set +e
for i in $(seq 200); do
  # Again and again: a boot may have been under way.
  echo 1 >"$1/cgroup/$2/cgroup.kill"
  find "$1/cgroup/$2" -depth -type d -exec rmdir {} + 2>/dev/null
  [ -d "$1/cgroup/$2" ] || break
  sleep 0.05
done
umount -l "$1/cgroup"
umount -l "$1"
rmdir "$1"
`;

/** Arguments: as above, the checkout, where the program is to lie. Only then does PID 1 become systemd. */
const BOOT = `
set -eu
D=$1 R=$1/root CHECKOUT=$3 PROGRAM=$4
mount -t overlay overlay -o "lowerdir=/,upperdir=$D/upper,workdir=$D/work" "$R"
mount -t proc -o nosuid,nodev,noexec proc "$R/proc"
mount -t sysfs -o nosuid,nodev,noexec,ro sysfs "$R/sys"
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$R/sys/fs/cgroup"
mount -t tmpfs -o mode=755,nosuid tmpfs "$R/run"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$R/tmp"
mount -t tmpfs -o mode=755,nosuid tmpfs "$R/dev"
for name in null zero full random urandom tty; do
  : >"$R/dev/$name"
  mount --bind "/dev/$name" "$R/dev/$name"
done
mkdir "$R/dev/pts" "$R/dev/shm" "$R/run/host"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$R/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$R/dev/shm"
ln -s pts/ptmx "$R/dev/ptmx"
ln -s /proc/self/fd "$R/dev/fd"
if [ ! -e "$R/etc/qrunner-machine" ]; then
  # What this computer starts at its boot is no business of the machine's.
  rm -rf "$R"/etc/systemd/system/* "$R"/etc/rc?.d/* "$R"/etc/cron.d/* "$R"/var/log/journal
  # They would look at the computer itself.
  for unit in systemd-udevd systemd-udev-trigger systemd-networkd systemd-resolved systemd-timesyncd systemd-sysctl \\
    systemd-binfmt systemd-modules-load systemd-firstboot systemd-random-seed systemd-pstore systemd-remount-fs; do
    ln -s /dev/null "$R/etc/systemd/system/$unit.service"
  done
  for unit in getty.target systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-tmpfiles-clean.timer \\
    proc-sys-fs-binfmt_misc.automount dev-hugepages.mount sys-kernel-debug.mount sys-kernel-tracing.mount \\
    sys-kernel-config.mount sys-fs-fuse-connections.mount; do
    ln -s /dev/null "$R/etc/systemd/system/$unit"
  done
  mkdir -p "$R/etc/systemd/journald.conf.d" "$PROGRAM" "$R$PROGRAM"
  printf '[Journal]\\nStorage=volatile\\nRateLimitIntervalSec=0\\n' >"$R/etc/systemd/journald.conf.d/machine.conf"
  cp "$CHECKOUT/package.json" "$R$PROGRAM/"
  mkdir "$R$PROGRAM/dist" "$R$PROGRAM/build" "$R$PROGRAM/node_modules"
  chmod 755 "$R$PROGRAM" "$R$PROGRAM"/*
  : >"$R/etc/qrunner-machine"
fi
for name in dist build node_modules; do
  mount --bind "$CHECKOUT/$name" "$R$PROGRAM/$name"
  mount -o remount,bind,ro "$R$PROGRAM/$name"
done
cd "$R"
pivot_root . run/host
umount -l /run/host
# systemd hands credentials over through a mount that has to spread.
mount --make-rshared /
hostname lab
exec env -i container=qrunner-lab PATH=/usr/sbin:/usr/bin:/sbin:/bin \\
  /lib/systemd/systemd --system --unit=multi-user.target --log-target=journal --show-status=no
`;

/** A machine; it is off when it is made. */
export type Machine = AsyncDisposable & {
  /** Turns it on; resolves when systemd runs. */
  readonly boot: () => Promise<void>;
  /** Kills its PID 1 and with it everything in it: a power cut, but for what was written, which is there again. */
  readonly cut: () => Promise<void>;
  /** Resolves when it has turned itself off. */
  readonly off: () => Promise<void>;
  /** Its PID 1, seen from outside. @throws when it is off */
  readonly pid: () => number;
  /** The words before a command line that carry it out in the machine, as its root. */
  readonly enter: () => readonly string[];
  /** A path of the machine, seen from outside. */
  readonly path: (path: string) => string;
};

/** Collects what a process writes, to tell it when it fails. */
function listen(child: ChildProcess): () => string {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  return () => said;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
}

/** The only child of a process, or `null`. */
function childOf(pid: number): number | null {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return /^\d+$/.test(children) ? Number(children) : null;
  } catch {
    return null;
  }
}

/** What a process calls itself; `null` when it has ended: before systemd there are short ones. */
function nameOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return null;
  }
}

/** Makes a machine. @throws with what the system said when the namespaces cannot be had */
export async function makeMachine(): Promise<Machine> {
  const directory = mkdtempSync(join(tmpdir(), 'qrunner-machine-'));
  const name = basename(directory);
  const unshared = ['--mount', '--propagation', 'private', 'sh', '-c', KEEPER, 'keeper', directory, name];
  // A session of its own: what ends the tests (Ctrl-C, a signal to their group) must not keep it from tidying up.
  const keeper = spawn('unshare', unshared, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const keeperSaid = listen(keeper);
  keeper.stdin.on('error', () => {});
  await until('the keeper of the machine is ready', () => {
    if (keeper.exitCode !== null) throw new Error(`no machine: ${keeperSaid()}`);
    return keeperSaid().includes('ready');
  });
  let boots = 0;
  let power: { readonly child: ChildProcess; readonly pid: number } | null = null;

  const pid = () => {
    if (power === null) throw new Error('the machine is off');
    return power.pid;
  };
  const off = async () => {
    if (power !== null) await ended(power.child);
    power = null;
  };
  const enter = () => ['nsenter', '-t', `${pid()}`, '-m', '-p', '-u', '-i', '-C', '-n', '--'];
  return {
    boot: async () => {
      if (keeper.stdin.writableEnded) throw new Error('the machine has been disposed of');
      const cgroup = `${directory}/cgroup/${name}/boot-${++boots}`;
      const start = `mkdir "${cgroup}" && echo 0 >"${cgroup}/cgroup.procs" && exec "$@"`;
      const own = ['--mount', '--pid', '--cgroup', '--uts', '--ipc', '--net', '--fork', '--kill-child=KILL'];
      const boot = ['sh', '-c', BOOT, 'boot', directory, name, CHECKOUT, PROGRAM_IN_MACHINE];
      const words = ['-t', `${keeper.pid}`, '-m', 'sh', '-c', start, 'start', 'unshare', ...own, ...boot];
      const child = spawn('nsenter', words, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
      const said = listen(child);
      const init = await until('systemd has been started', () => {
        if (child.exitCode !== null || child.signalCode !== null) throw new Error(`no boot: ${said()}`);
        const init = child.pid === undefined ? null : childOf(child.pid);
        return init !== null && nameOf(init) === 'systemd' ? init : null;
      });
      power = { child, pid: init };
    },
    cut: async () => {
      process.kill(pid(), 'SIGKILL');
      await off();
    },
    off,
    pid,
    enter,
    path: (path) => `/proc/${pid()}/root${path}`,
    [Symbol.asyncDispose]: async () => {
      keeper.stdin.end();
      await ended(keeper);
      await off();
    },
  };
}

/**
 * The units that wake the program in a machine, as `qrunner units install` makes them, and drop-ins for what a test cannot wait
 * for: how often the queues are swept, how soon a failure is tried again.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { SystemdLab } from './systemd-lab.ts';

/** What a test may want otherwise. Times as systemd.time(7) writes them. */
export type UnitOptions = {
  /** How often the queues are swept; so seldom by default that only the bell wakes the program in a test. */
  readonly sweep?: string;
  /** How soon after a failure the next run comes. */
  readonly restart?: string;
  /** How long a run waits for the lock. */
  readonly wait?: string;
  /** More arguments of the run. */
  readonly args?: readonly string[];
  readonly description?: string;
};

/** The timer that sweeps. */
export const SWEEP_TIMER = 'qrunner-sweep.timer';

/** How a command is carried out by whoever owns the units; gives what it wrote. */
type Run = (command: readonly string[]) => Promise<string>;

/** Writes a drop-in of that name for a unit in `directory`. */
async function writeDropIn(
  lab: SystemdLab,
  run: Run,
  directory: string,
  unit: string,
  name: string,
  text: string,
): Promise<void> {
  await run(['mkdir', '-p', `${directory}/${unit}.d`]);
  writeFileSync(lab.path(`${directory}/${unit}.d/${name}.conf`), text);
}

/** What a service starts, by its unit file in `directory`. */
export function commandOf(lab: SystemdLab, unit: string, directory = '/etc/systemd/system'): string {
  const command = /^ExecStart=(.+)$/m.exec(readFileSync(lab.path(`${directory}/${unit}`), 'utf8'))?.[1];
  if (command === undefined) throw new Error(`${unit} starts nothing`);
  return command;
}

/** The drop-ins of a test beside the units in `directory`. */
async function hurry(
  lab: SystemdLab,
  run: Run,
  directory: string,
  { sweep = '1h', restart = '1s', wait = '2s', args = [], description }: UnitOptions,
): Promise<void> {
  const command = commandOf(lab, 'qrunner.service', directory).replace('--wait=10m', `--wait=${wait}`);
  const service = [
    ...(description === undefined ? [] : ['[Unit]', `Description=${description}`]),
    '[Service]',
    'ExecStart=',
    `ExecStart=${[command, ...args].join(' ')}`,
    `RestartSec=${restart}`,
  ];
  // The first, empty one takes back all that the unit says.
  const periods = ['OnBootSec=', 'OnBootSec', 'OnActiveSec', 'OnUnitInactiveSec'].map((key) =>
    key.endsWith('=') ? key : `${key}=${sweep}`,
  );
  const timer = ['[Timer]', ...periods, 'AccuracySec=1s'];
  await writeDropIn(lab, run, directory, 'qrunner.service', 'lab', `${service.join('\n')}\n`);
  await writeDropIn(lab, run, directory, SWEEP_TIMER, 'lab', `${timer.join('\n')}\n`);
}

/** Installs the units, or installs them anew; the first time it waits for the run that this starts. */
export async function installUnits(lab: SystemdLab, options: UnitOptions = {}): Promise<void> {
  const directory = '/etc/systemd/system';
  const first = !existsSync(lab.path(`${directory}/qrunner.service`));
  await lab.must(['qrunner', 'units', 'install']);
  await hurry(lab, lab.must, directory, options);
  await lab.must(['systemctl', 'daemon-reload']);
  await lab.must(['systemctl', 'restart', SWEEP_TIMER]);
  if (!first) return;
  await lab.until(
    'the run that an install starts has ended',
    async () => (await lab.show('qrunner.service', 'ActiveState')) === 'inactive',
  );
}

/** The same for the lists of one user, whose commands `run` carries out; the site is in his .config/qrunner. */
export async function installUserUnits(lab: SystemdLab, home: string, run: Run): Promise<void> {
  await run(['qrunner', 'units', 'install', '--user']);
  await hurry(lab, run, `${home}/.config/systemd/user`, {});
  await run(['systemctl', '--user', 'daemon-reload']);
  await run(['systemctl', '--user', 'restart', SWEEP_TIMER]);
}

/** Adds a drop-in to a service; `null` takes it away. */
export async function dropIn(
  lab: SystemdLab,
  settings: string | null,
  unit = 'qrunner.service',
): Promise<void> {
  const directory = '/etc/systemd/system';
  if (settings === null) await lab.must(['rm', `${directory}/${unit}.d/test.conf`]);
  else await writeDropIn(lab, lab.must, directory, unit, 'test', `[Service]\n${settings}\n`);
  await lab.must(['systemctl', 'daemon-reload']);
}

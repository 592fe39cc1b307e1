/**
 * The units that wake the program in a machine: the least that is right, the same rules as the generated ones. One function, so
 * that the tests can be turned to the program's own units here.
 */
import { writeFileSync } from 'node:fs';
import type { SystemdLab } from './systemd-lab.ts';
import { LIST_USER, QRUNNER, SPOOL } from './systemd-site.ts';

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

/** Whose units they are. */
type Owner = { readonly bell: string; readonly target: string; readonly service: string };

/** Of the machine: the lists' user runs the program. */
const SYSTEM: Owner = {
  bell: `${SPOOL}/bell`,
  target: 'multi-user.target',
  service: `User=${LIST_USER}\nCacheDirectory=qrunner\n`,
};

/** The text of each unit. */
function unitTexts(
  { bell, target, service }: Owner,
  {
    sweep = '1h',
    restart = '1s',
    wait = '2s',
    args = [],
    description = 'Drain the list queues once',
  }: UnitOptions,
): Record<string, string> {
  const command = [process.execPath, QRUNNER, '--all', '--once', `--wait=${wait}`, ...args].join(' ');
  return {
    'qrunner.path': `[Unit]
Description=Wake qrunner when a bell is rung
StartLimitIntervalSec=0
[Path]
DirectoryNotEmpty=${bell}
[Install]
WantedBy=${target}
`,
    'qrunner.timer': `[Unit]
Description=Sweep the list queues
[Timer]
OnBootSec=${sweep}
OnActiveSec=${sweep}
OnUnitInactiveSec=${sweep}
AccuracySec=1s
[Install]
WantedBy=timers.target
`,
    'qrunner.service': `[Unit]
Description=${description}
Wants=qrunner.path
StartLimitIntervalSec=0
[Service]
Type=oneshot
ExecStart=${command}
${service}TimeoutStartSec=10min
Restart=on-failure
RestartSec=${restart}
`,
  };
}

/** Installs the units, or installs them anew, and turns them on. */
export async function installUnits(lab: SystemdLab, options: UnitOptions = {}): Promise<void> {
  const texts = unitTexts(SYSTEM, options);
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(lab.path(`/etc/systemd/system/${name}`), text);
  }
  await lab.must(['systemctl', 'daemon-reload']);
  await lab.must(['systemctl', 'enable', '--now', '--quiet', 'qrunner.path', 'qrunner.timer']);
}

/** The same for the lists of one user, whose commands `run` carries out; the site is in his .config/qrunner. */
export async function installUserUnits(
  lab: SystemdLab,
  home: string,
  run: (command: readonly string[], input?: string) => Promise<string>,
): Promise<void> {
  const owner = { bell: `${home}/.config/qrunner/spool/bell`, target: 'default.target', service: '' };
  await run(['mkdir', '-p', `${home}/.config/systemd/user`]);
  for (const [name, text] of Object.entries(unitTexts(owner, {}))) {
    writeFileSync(lab.path(`${home}/.config/systemd/user/${name}`), text);
  }
  await run(['systemctl', '--user', 'daemon-reload']);
  await run(['systemctl', '--user', 'enable', '--now', '--quiet', 'qrunner.path', 'qrunner.timer']);
}

/** Adds a drop-in to the service; `null` takes it away. */
export async function dropIn(lab: SystemdLab, settings: string | null): Promise<void> {
  const directory = '/etc/systemd/system/qrunner.service.d';
  if (settings === null) await lab.must(['rm', '-r', directory]);
  else {
    await lab.must(['mkdir', '-p', directory]);
    writeFileSync(lab.path(`${directory}/test.conf`), `[Service]\n${settings}\n`);
  }
  await lab.must(['systemctl', 'daemon-reload']);
}

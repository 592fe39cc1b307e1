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

/** The text of each unit. */
function unitTexts({
  sweep = '1h',
  restart = '1s',
  wait = '2s',
  args = [],
  description = 'Drain the list queues once',
}: UnitOptions): Record<string, string> {
  const command = [process.execPath, QRUNNER, '--all', '--once', `--wait=${wait}`, ...args].join(' ');
  return {
    'qrunner.path': `[Unit]
Description=Wake qrunner when a bell is rung
StartLimitIntervalSec=0
[Path]
DirectoryNotEmpty=${SPOOL}/bell
[Install]
WantedBy=multi-user.target
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
User=${LIST_USER}
CacheDirectory=qrunner
TimeoutStartSec=10min
Restart=on-failure
RestartSec=${restart}
`,
  };
}

/** Installs the units, or installs them anew, and turns them on. */
export async function installUnits(lab: SystemdLab, options: UnitOptions = {}): Promise<void> {
  const texts = unitTexts(options);
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(lab.path(`/etc/systemd/system/${name}`), text);
  }
  await lab.must(['systemctl', 'daemon-reload']);
  await lab.must(['systemctl', 'enable', '--now', '--quiet', 'qrunner.path', 'qrunner.timer']);
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

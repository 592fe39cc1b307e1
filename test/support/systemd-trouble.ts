/** Trouble, as an operator of a lab meets it: it is seen, it does not spin, it does not end the path unit. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import type { SystemdLab } from './systemd-lab.ts';
import { pathIsWell } from './systemd-producer.ts';

/** What is to be seen while the cause is there. */
export type Trouble = {
  /** What the journal of the service says. */
  readonly says: RegExp;
  /** How `systemctl status` tells the end of the last run. It shows no line of the log between two tries (252). */
  readonly status?: RegExp;
};

/** RestartSec= of the tests' units, seconds. */
const PACE_S = 1;

/** How long it is watched, seconds. */
const WATCHED_S = 4;

/** Waits until the trouble shows, then watches it for some seconds. */
export async function watchTrouble(
  t: Test,
  lab: SystemdLab,
  { says, status = /code=exited, status=75\b/ }: Trouble,
): Promise<void> {
  await lab.until(`the journal says ${says}`, async () => says.test(await lab.journal('qrunner.service')));
  t.pass(`the journal says ${says}`);
  await lab.until(`systemctl status says ${status}`, async () =>
    status.test(await lab.status('qrunner.service')),
  );
  t.pass(`systemctl status says ${status}`);
  const before = await lab.starts();
  const began = performance.now();
  for (let second = 0; second < WATCHED_S; second++) {
    await sleep(1_000);
    await pathIsWell(t, lab);
  }
  const seconds = (performance.now() - began) / 1000;
  const starts = (await lab.starts()) - before;
  const most = Math.ceil(seconds / PACE_S) + 1;
  t.ok(starts <= most, `${starts} starts in ${seconds.toFixed(1)} s, ${most} at the most`);
  t.ok(starts > 0, 'it is tried again');
}

import { existsSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { bootSystemd, noSystemd, type SystemdLab } from '../support/systemd-lab.ts';
import { pathIsWell, startArrivals } from '../support/systemd-producer.ts';
import { SPOOL } from '../support/systemd-site.ts';
import { installUnits } from '../support/systemd-units.ts';

const skip = noSystemd();

/** Queues that bring an entry into a state; `slow` takes its time until somebody has looked. */
const YAML = `queues:
  later: { exec: [/bin/sh, -c, exit 75] }
  broken: { exec: [/bin/sh, -c, echo no; exit 1] }
  slow: { exec: [/bin/sh, -c, 'test -e /var/tmp/seen || exec sleep 60'] }
`;

/** Entries that a reboot must leave as they are, by place. */
const RESTING = { 'later/deferred': 1, 'in/held': 1, 'broken/shunt': 1, 'in/bad': 1 };

const inject = (lab: SystemdLab, queue: string) =>
  lab.site.qrunner(['inject', 'friends', '--queue', queue], { input: `Subject: for ${queue}\n\n` });

const due = async (lab: SystemdLab) =>
  /"dueAt":\d+/.exec(await lab.site.qrunner(['--json', 'queue', 'ls']))?.[0];

await t.test('a reboot with entries in every state', { skip, timeout: 120_000 }, async (t) => {
  await using lab = await bootSystemd({ yaml: YAML, list: 'archive: true\n' });
  await installUnits(lab);
  await inject(lab, 'later');
  await inject(lab, 'broken');
  writeFileSync(lab.path(`${SPOOL}/in/new/rubbish`), 'no entry');
  await lab.must(['systemctl', 'stop', 'qrunner.path', 'qrunner.timer']);
  await lab.must(['systemctl', 'start', 'qrunner.service']);
  await lab.site.post('held');
  const listed = await lab.site.qrunner(['--json', 'queue', 'ls', 'in', 'new']);
  const id = /(?<=^\{"id":")[^"]+/.exec(listed)?.[0] ?? '';
  await lab.site.qrunner(['queue', 'hold', id]);
  t.strictSame(lab.site.lies(), RESTING);
  const dueAt = await due(lab);
  await lab.must(['systemctl', 'start', 'qrunner.path', 'qrunner.timer']);
  const posts: string[] = [];

  for (const how of ['cut', 'off', 'cut'] as const) {
    const what = how === 'cut' ? 'the power is cut' : 'it is turned off';
    await t.test(`${what} while posts come and a run is at work`, async (t) => {
      await lab.must(['rm', '-f', '/var/tmp/seen']);
      await inject(lab, 'slow');
      const first = 1 + posts.length;
      const arrivals = startArrivals(lab, { count: 60, seed: first, longestMs: 20, first });
      await lab.until('some have been taken', () => arrivals.accepted().length > 10);
      await lab.until('the run is at work', () => lab.site.lies()['slow/active'] === 1);
      await arrivals.end;
      posts.push(...arrivals.accepted());
      const lies = lab.site.lies();
      t.ok((lies['slow/active'] ?? 0) > 0, JSON.stringify(lies));
      await lab.must(['touch', '/var/tmp/seen']);
      await lab.reboot(how);
      t.ok(existsSync(lab.path('/var/tmp/seen')));
      await lab.until('what was under way has arrived', async () => {
        const { stdout } = await lab.run(['systemctl', 'is-active', 'qrunner.service']);
        return stdout.trim() === 'inactive' && lab.site.bells().length === 0;
      });
      t.strictSame(lab.site.lies(), RESTING, 'what rested still does');
      t.equal(await due(lab), dueAt, 'due as before');
      t.strictSame(lab.site.subjects('ben'), [...posts].sort(), 'all are delivered once');
      await pathIsWell(t, lab);
      t.equal(await lab.show('qrunner.timer', 'ActiveState'), 'active');
    });
  }
});

import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { seededRandom } from '../support/seeded-random.ts';
import { bootSystemd, noSystemd, type SystemdLab } from '../support/systemd-lab.ts';
import { type Arrivals, pathIsWell, startArrivals } from '../support/systemd-producer.ts';
import { SPOOL } from '../support/systemd-site.ts';
import { installUnits, SWEEP_TIMER } from '../support/systemd-units.ts';

const skip = noSystemd();

/** Queues that bring an entry into a state; `slow` takes its time until somebody has looked. */
const YAML = `queues:
  later: { exec: [/bin/sh, -c, exit 75] }
  broken: { exec: [/bin/sh, -c, echo no; exit 1] }
  slow: { exec: [/bin/sh, -c, 'test -e /var/lib/seen || exec sleep 60'] }
`;

/** Of the moments of the reboots. */
const SEED = 7;

/** Posts that come before each reboot. */
const COUNT = 100;

/** Entries that a reboot must leave as they are, by place. */
const RESTING = { 'later/deferred': 1, 'in/held': 1, 'broken/shunt': 1, 'in/bad': 1 };

const inject = (lab: SystemdLab, queue: string) =>
  lab.site.qrunner(['inject', 'friends', '--queue', queue], { input: `Subject: for ${queue}\n\n` });

const due = async (lab: SystemdLab) =>
  /"dueAt":\d+/.exec(await lab.site.qrunner(['--json', 'queue', 'ls']))?.[0];

await t.test('a reboot with entries in every state', { skip, timeout: 240_000 }, async (t) => {
  await using lab = await bootSystemd({ yaml: YAML, list: 'archive: true\n' });
  await installUnits(lab);
  await inject(lab, 'later');
  await inject(lab, 'broken');
  writeFileSync(lab.path(`${SPOOL}/in/new/rubbish`), 'no entry');
  await lab.must(['systemctl', 'stop', 'qrunner.path', SWEEP_TIMER]);
  // By hand: the service would turn the path unit on again, which it wants.
  await lab.site.qrunner(['--all', '--once', '--wait=20s']);
  await lab.site.post('held');
  const listed = await lab.site.qrunner(['--json', 'queue', 'ls', 'in', 'new']);
  const id = /(?<=^\{"id":")[^"]+/.exec(listed)?.[0] ?? '';
  await lab.site.qrunner(['queue', 'hold', id]);
  t.strictSame(lab.site.lies(), RESTING);
  const dueAt = await due(lab);
  await lab.must(['systemctl', 'start', 'qrunner.path', SWEEP_TIMER]);
  const posts = new Set<string>();
  const arrived = () => lab.site.subjects('ben');
  const random = seededRandom(SEED);
  let first = 1;

  /** Turns it off and on again, then: what was accepted is delivered, each once; what rested still does. */
  const rebooted = async (t: Test, how: 'off' | 'cut', arrivals: Arrivals) => {
    arrivals.mayFail();
    t.comment(`lies at that moment: ${JSON.stringify(lab.site.lies())}`);
    await lab.reboot(how);
    await arrivals.end;
    for (const subject of arrivals.accepted()) posts.add(subject);
    await lab.until('what was under way has arrived', async () => {
      const { stdout } = await lab.run(['systemctl', 'is-active', 'qrunner.service']);
      return stdout.trim() === 'inactive' && lab.site.bells().length === 0;
    });
    const { 'in/tmp': halfWritten = 0, ...lies } = lab.site.lies();
    t.strictSame(lies, RESTING, 'what rested still does, and nothing else is left');
    t.comment(`${halfWritten} posts were cut off before they were accepted`);
    t.equal(await due(lab), dueAt, 'due as before');
    const got = arrived();
    t.strictSame(
      [...posts].filter((subject) => !got.includes(subject)),
      [],
      'nothing is lost',
    );
    t.equal(new Set(got).size, got.length, 'nothing is there twice');
    // What was accepted in the last moment may not have been told.
    t.ok(got.length - posts.size <= 1, `${got.length} delivered of ${posts.size} that were told`);
    for (const subject of got) posts.add(subject);
    await pathIsWell(t, lab);
    t.equal(await lab.show(SWEEP_TIMER, 'ActiveState'), 'active');
    first += COUNT;
  };

  for (const how of ['cut', 'off'] as const) {
    const what = how === 'cut' ? 'the power is cut' : 'it is turned off';
    await t.test(`${what} while a run is at work and posts wait`, async (t) => {
      await lab.must(['rm', '-f', '/var/lib/seen']);
      await inject(lab, 'slow');
      await lab.until('the run is at work', () => lab.site.lies()['slow/active'] === 1);
      const arrivals = startArrivals(lab, { count: COUNT, seed: first, longestMs: 1, first });
      await arrivals.end;
      t.match(lab.site.lies(), { 'slow/active': 1, 'in/new': COUNT });
      await lab.must(['touch', '/var/lib/seen']);
      await rebooted(t, how, arrivals);
    });
  }

  for (const how of ['cut', 'cut', 'off', 'cut'] as const) {
    const what = how === 'cut' ? 'the power is cut' : 'it is turned off';
    await t.test(`${what} while posts come and go`, async (t) => {
      const arrivals = startArrivals(lab, { count: COUNT, seed: first, longestMs: 60, first });
      await lab.until('some have been accepted', () => arrivals.accepted().length > 20 * random());
      await sleep(400 * random());
      await rebooted(t, how, arrivals);
    });
  }
});

import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { seededRandom } from '../support/seeded-random.ts';
import { bootSystemd, noSystemd, type SystemdLab } from '../support/systemd-lab.ts';
import { allOnce, pathIsWell, startArrivals } from '../support/systemd-producer.ts';
import { installUnits } from '../support/systemd-units.ts';

const skip = noSystemd();
const SEED = 4711;

/** What is done to the service while posts come. */
type Act = {
  readonly name: string;
  readonly act: (lab: SystemdLab, time: number) => Promise<unknown>;
  /** What the journal has when it hit a run at work. */
  readonly hit: RegExp;
};

const ACTS: readonly Act[] = [
  {
    name: 'killed',
    act: (lab) => lab.run(['systemctl', 'kill', '--signal=KILL', 'qrunner.service']),
    hit: /code=killed, status=9\/KILL/g,
  },
  {
    name: 'stopped',
    // Not `must`: a bell that is rung meanwhile starts it again, and systemctl then says that its own job was canceled.
    act: (lab) => lab.run(['systemctl', 'stop', 'qrunner.service']),
    hit: /Stopped qrunner\.service/g,
  },
  {
    name: 'written anew, with a reload of the manager',
    act: (lab, time) => installUnits(lab, { restart: '300ms', description: `Drain, version ${time}` }),
    hit: /Starting qrunner\.service - Drain, version \d+/g,
  },
  {
    name: 'its manager replaced',
    act: (lab) => lab.must(['systemctl', 'daemon-reexec']),
    hit: /Starting qrunner\.service/g,
  },
];

/** A run that was killed three times over an entry shunts it; a person lets it go on. */
async function releaseShunted(t: Test, lab: SystemdLab): Promise<void> {
  await lab.until('what is left is shunted', async () => {
    const places = Object.keys(lab.site.lies());
    const still = (await lab.show('qrunner.service', 'ActiveState')) === 'inactive';
    return still && places.every((place) => place.endsWith('/shunt')) && lab.site.bells().length === 0;
  });
  const ids = (await lab.site.qrunner(['--json', 'queue', 'ls'])).match(/(?<=^\{"id":")[^"]+/gm) ?? [];
  t.comment(`${ids.length} entries were shunted`);
  if (ids.length > 0) await lab.site.qrunner(['queue', 'release', ...ids]);
}

await t.test('the service is ended while posts come', { skip, timeout: 240_000 }, async (t) => {
  await using lab = await bootSystemd();
  const random = seededRandom(SEED);
  const posts: string[] = [];

  for (const { name, act, hit } of ACTS) {
    await t.test(name, async (t) => {
      await installUnits(lab, { restart: '300ms' });
      const hits = async () => (await lab.journal('qrunner.service')).match(hit)?.length ?? 0;
      const before = await hits();
      const first = posts.length + 1;
      const arrivals = startArrivals(lab, { count: 150, seed: SEED + first, longestMs: 250, first });
      const state = { over: false };
      const end = arrivals.end.finally(() => {
        state.over = true;
      });
      let times = 0;
      for (; !state.over; times++) {
        await sleep(random() * 600);
        await act(lab, times);
      }
      await end;
      posts.push(...arrivals.accepted());
      await releaseShunted(t, lab);
      await allOnce(t, lab, posts);
      await pathIsWell(t, lab);
      const count = (await hits()) - before;
      t.ok(count > 1, `seed ${SEED}: done ${times} times, ${count} times at a run`);
    });
  }
});

import t from 'tap';
import { bootSystemd, noSystemd } from '../support/systemd-lab.ts';
import { allOnce, pathIsWell, startArrivals } from '../support/systemd-producer.ts';
import { installUnits, SWEEP_TIMER } from '../support/systemd-units.ts';

const skip = noSystemd();
const POSTS = 2000;
const SEED = 20_261_124;

await t.test(`${POSTS} posts at random moments`, { skip, timeout: 300_000 }, async (t) => {
  await using lab = await bootSystemd();
  // The sweep comes after the test: only bells wake the program.
  await installUnits(lab, { sweep: '1h' });
  const arrivals = startArrivals(lab, { count: POSTS, seed: SEED, longestMs: 160 });
  await arrivals.end;
  const accepted = arrivals.accepted();
  t.equal(accepted.length, POSTS, 'all were accepted');
  await allOnce(t, lab, accepted, 'ben', 60_000);
  await pathIsWell(t, lab);
  const starts = await lab.starts();
  t.comment(`${POSTS} posts, seed ${SEED}: ${starts} starts of the service, 0 left behind`);
  t.ok(starts > 10, 'the service ended and was started again many times');
  t.equal(await lab.show(SWEEP_TIMER, 'LastTriggerUSec'), '', 'the timer had no part in it');
});

import t from 'tap';
import { bootSystemd, noSystemd } from '../support/systemd-lab.ts';
import { allOnce, pathIsWell, startArrivals } from '../support/systemd-producer.ts';
import { LIST_USER, QRUNNER } from '../support/systemd-site.ts';
import { watchTrouble } from '../support/systemd-trouble.ts';
import { installUnits, SWEEP_TIMER } from '../support/systemd-units.ts';

const skip = noSystemd();

await t.test('a run beside the service', { skip, timeout: 120_000 }, async (t) => {
  await using lab = await bootSystemd({ yaml: 'queues: { slow: { exec: [/bin/sleep, "9"] } }\n' });
  // A second of waiting, a second between a failure and the next start.
  await installUnits(lab, { wait: '1s' });

  await t.test('a long run by hand holds the queues: the service waits, fails, comes again', async (t) => {
    await lab.must(['systemctl', 'stop', 'qrunner.path']);
    await lab.site.qrunner(['inject', 'friends', '--queue', 'slow'], { input: 'Subject: slow\n\n' });
    const byHand = lab.site.qrunner(['--all', '--once']);
    await lab.until('it is at work', () => lab.site.lies()['slow/active'] === 1);
    await lab.must(['systemctl', 'start', 'qrunner.path']);
    await lab.site.post('meanwhile');
    await watchTrouble(t, lab, { says: /run-trouble reason="another run still holds .*in/ });
    t.ok(lab.site.bells().length > 0, 'the bells stay');
    await byHand;
    await allOnce(t, lab, ['meanwhile']);
    await pathIsWell(t, lab);
  });

  await t.test('runs by hand, the timer and the bell at once, while posts come', async (t) => {
    await installUnits(lab, { wait: '30s', sweep: '1s' });
    const arrivals = startArrivals(lab, { count: 400, seed: 3, longestMs: 120 });
    let over = false;
    const hands = [0, 1].map(async (hand) => {
      const args = hand === 0 ? ['--wait=30s'] : [];
      for (let runs = 0; ; runs++) {
        if (over) return runs;
        await lab.must([process.execPath, QRUNNER, '--all', '--once', ...args], { user: LIST_USER });
        await lab.must(['systemctl', 'start', 'qrunner.service']);
      }
    });
    await arrivals.end;
    over = true;
    const runs = await Promise.all(hands);
    await allOnce(t, lab, ['meanwhile', ...arrivals.accepted()]);
    await pathIsWell(t, lab);
    t.ok(runs.every((count) => count > 0));
    t.comment(`${runs.join(' and ')} runs by hand, ${await lab.starts()} starts of the service`);
    t.not(await lab.show(SWEEP_TIMER, 'LastTriggerUSec'), '', 'the timer had a part in it');
  });
});

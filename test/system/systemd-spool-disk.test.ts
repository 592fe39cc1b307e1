import { rmSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { bootSystemd, noSystemd, type SystemdLab } from '../support/systemd-lab.ts';
import { allOnce, pathIsWell } from '../support/systemd-producer.ts';
import { LIST_USER, SPOOL } from '../support/systemd-site.ts';
import { watchTrouble } from '../support/systemd-trouble.ts';
import { installUnits, SWEEP_TIMER } from '../support/systemd-units.ts';

const skip = noSystemd();

/** A post of this many bytes. */
const post = (lab: SystemdLab, subject: string, bytes: number) =>
  lab.run(['qrunner', 'inject', 'friends', '--sender', 'ada@members.example'], {
    user: LIST_USER,
    input: `From: ada@members.example\nSubject: ${subject}\n\n${'x'
      .repeat(63)
      .concat('\n')
      .repeat(bytes / 64)}`,
  });

await t.test('a spool on a disk of its own', { skip, timeout: 120_000 }, async (t) => {
  await using lab = await bootSystemd();
  await lab.must([
    'sh',
    '-c',
    `rm -r ${SPOOL}/* && mount -t tmpfs -o size=512k,mode=2770,uid=list,gid=list tmpfs ${SPOOL}`,
  ]);
  await lab.site.qrunner(['--all', '--once']);
  await installUnits(lab);
  const filler = lab.path(`${SPOOL}/filler`);

  await t.test('it is full: the run says so again and again, and goes on when there is room', async (t) => {
    writeFileSync(filler, Buffer.alloc(360 * 1024));
    const { status, stderr } = await post(lab, 'large', 64 * 1024);
    t.equal(status, 0, stderr);
    await watchTrouble(t, lab, { says: /run-trouble reason=.*ENOSPC/ });
    const { 'in/new': fresh = 0, 'in/active': active = 0 } = lab.site.lies();
    t.equal(fresh + active, 1, 'it has not moved on');
    t.strictSame(lab.site.subjects('ben'), []);
    rmSync(filler);
    await allOnce(t, lab, ['large']);
    await pathIsWell(t, lab);
  });

  await t.test('it turns read-only: the same', async (t) => {
    await lab.must(['systemctl', 'stop', 'qrunner.path', SWEEP_TIMER]);
    t.equal((await post(lab, 'stuck', 64)).status, 0);
    await lab.must(['mount', '-o', 'remount,ro', SPOOL]);
    const { status, stderr } = await post(lab, 'refused', 64);
    t.equal(status, 75);
    t.match(stderr, /EROFS|read-only/i);
    await lab.must(['systemctl', 'start', 'qrunner.path', SWEEP_TIMER]);
    await watchTrouble(t, lab, { says: /EROFS/ });
    await lab.must(['mount', '-o', 'remount,rw', SPOOL]);
    await allOnce(t, lab, ['large', 'stuck']);
    await pathIsWell(t, lab);
  });
});

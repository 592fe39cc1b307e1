import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { bootSystemd, noSystemd, type SystemdLab } from '../support/systemd-lab.ts';
import { pathIsWell, untilQuiet } from '../support/systemd-producer.ts';
import { startSink } from '../support/systemd-sink.ts';
import { installUnits } from '../support/systemd-units.ts';

const skip = noSystemd();
const PORT = 2525;

/** The sweep comes each second, AccuracySec= is one more, a start takes its time on a busy machine. */
const LATEST_MS = 1_000 + 1_000 + 8_000;

/** When the only deferred entry is due, milliseconds since the epoch; `null` while there is none. */
async function dueAt(lab: SystemdLab): Promise<number | null> {
  const found = /"dueAt":(\d+)/.exec(await lab.site.qrunner(['--json', 'queue', 'ls', 'retry', 'deferred']));
  return found ? Number(found[1]) : null;
}

await t.test('mail that waits is tried when its time has come', { skip, timeout: 120_000 }, async (t) => {
  await using lab = await bootSystemd({
    yaml: `transport: { type: smtp, host: 127.0.0.1, port: ${PORT}, tls: never }\nretry: { first: 4s, max: 4s }\n`,
  });
  await installUnits(lab, { sweep: '1s' });
  await lab.site.post('patience');
  const first = await lab.until('it is deferred, since nobody listens', () => dueAt(lab));
  await lab.until('no process is left', () => lab.processes().length === 0);
  t.strictSame(lab.site.bells(), [], 'a deferred entry leaves no bell');
  const second = await lab.until('it was tried again', async () => {
    const due = await dueAt(lab);
    return due !== null && due !== first && due;
  });
  t.ok(second > first);
  const taken = await startSink(lab, PORT);
  const before = await lab.starts();
  let sweeps = 0;
  while (Date.now() < second - 500) {
    t.strictSame(taken(), [], 'not before its time');
    await sleep(200);
  }
  const [mail] = await lab.until('it is delivered', () => taken().length > 0 && taken());
  sweeps = (await lab.starts()) - before;
  const late = (mail?.at ?? 0) - second;
  t.comment(`tried ${late} ms after it was due, ${sweeps} sweeps in between`);
  t.ok(late >= 0, 'not before it was due');
  t.ok(late < LATEST_MS, `${late} ms late`);
  await untilQuiet(lab);
  t.strictSame(
    taken().map(({ subject }) => subject),
    ['[friends] patience'],
    'once',
  );
  t.strictSame(lab.processes(), []);
  await pathIsWell(t, lab);
  t.notMatch(await lab.journal('qrunner.service'), /code=exited, status=[1-9]/, 'waiting is no failure');
});

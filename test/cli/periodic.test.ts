import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { tryRangeLock } from '../../lib/base/range-lock.ts';
import type { ExitStatus } from '../../lib/base/sysexits.ts';
import { JOBS, type Job, periodic } from '../../lib/cli/periodic.ts';
import { Captured, siteRig } from '../support/site-rig.ts';

type CallOptions = { status?: ExitStatus; now?: boolean; tty?: boolean; json?: boolean };

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 24, 20);

const job = (name: string, hours = 24): Job => ({ name, everyMs: hours * HOUR, argv: [name, '--quietly'] });

/** A state directory, and calls on it at some hour; what they ran, printed and ended with. */
function rig(t: Test) {
  const state = t.testdir({});
  const call = async (
    hour: number,
    jobs: readonly Job[],
    { status = 0, now = false, tty = false, json = false }: CallOptions = {},
  ) => {
    const stdout = new Captured(tty);
    const stderr = new Captured();
    const ran: string[] = [];
    let exit = 0;
    await periodic(
      jobs,
      { state, now, clock: () => START + hour * HOUR },
      {
        io: { stdin: Readable.from([]), stdout, stderr, env: {} },
        globals: () => ({ config: '/etc/site', json, verbose: false }),
        exit: (next) => {
          exit = next;
        },
        call: async (argv) => {
          ran.push(argv.join(' '));
          return status;
        },
      },
    );
    return { ran, exit, out: stdout.text, err: stderr.text };
  };
  return { state, call };
}

await t.test('a job is run, and then not before it is due', async (t) => {
  const { state, call } = rig(t);
  t.same(await call(0, [job('cull')]), {
    ran: ['--config /etc/site cull --quietly'],
    exit: 0,
    out: 'cull: done, again in 1d\n',
    err: '',
  });
  t.equal(readFileSync(join(state, 'periodic/cull.stamp'), 'utf8'), '2026-11-24T20:00:00.000Z\n');
  t.same(
    await call(23.9, [job('cull')]),
    { ran: [], exit: 0, out: '', err: '' },
    'nothing is said of what is not due',
  );
  t.same((await call(23, [job('cull')], { tty: true })).out, 'cull: due in 1h\n');
  t.equal((await call(24, [job('cull')])).ran.length, 1);
  t.equal((await call(25, [job('cull')], { now: true })).ran.length, 1, 'due or not');
  t.equal((await call(1000, [job('cull'), job('other')])).ran.length, 2, 'after a long time, once');
});

await t.test('a job that failed is tried at the next call, and the others are run', async (t) => {
  const { call } = rig(t);
  const jobs = [job('cull'), job('other')];
  const failed = await call(0, jobs, { status: 75 });
  t.equal(failed.ran.length, 2);
  t.equal(failed.exit, 75);
  t.match(failed.err, /^qrunner: cull ended with 75; it is tried at the next call\n/);
  t.equal((await call(1, jobs)).ran.length, 2);
  t.equal((await call(2, jobs)).ran.length, 0);
});

await t.test('a stamp that cannot be believed', async (t) => {
  const { state, call } = rig(t);
  mkdirSync(join(state, 'periodic'));
  for (const text of ['', 'yesterday\n', '2030-01-01T00:00:00.000Z\n']) {
    writeFileSync(join(state, 'periodic/cull.stamp'), text);
    t.equal((await call(0, [job('cull')])).ran.length, 1, JSON.stringify(text));
  }
});

await t.test('for machines', async (t) => {
  const { call } = rig(t);
  await call(0, [job('a')]);
  t.same(JSON.parse((await call(1, [job('a'), job('b', 1)], { json: true })).out), [
    { name: 'a', status: null, dueAt: START + 24 * HOUR },
    { name: 'b', status: 0, dueAt: START + 2 * HOUR },
  ]);
});

await t.test('two at once do not run a job twice', async (t) => {
  const { state, call } = rig(t);
  mkdirSync(join(state, 'periodic'));
  const lock = await tryRangeLock(join(state, 'periodic/lock'), { start: 0, length: 1 });
  t.same(await call(0, [job('cull')]), { ran: [], exit: 0, out: '', err: '' });
  lock?.release();
  t.equal((await call(0, [job('cull')])).ran.length, 1, 'and the lock is given back');
  t.equal((await call(30, [job('cull')])).ran.length, 1);
});

await t.test('a state that cannot be used', async (t) => {
  const { state, call } = rig(t);
  writeFileSync(join(state, 'periodic'), '');
  await t.rejects(call(0, []), { status: 75, message: /^cannot make .*periodic/ });
});

await t.test('the command', async (t) => {
  t.same(
    JOBS.map(({ name }) => name),
    ['cull', 'bounces'],
  );
  const site = await siteRig(t);
  for (const { name } of JOBS) {
    mkdirSync(join(site.dir, 'state/periodic'), { recursive: true });
    writeFileSync(join(site.dir, 'state/periodic', `${name}.stamp`), new Date().toISOString());
  }
  t.match(await site.call(['periodic'], '', true), { status: 0, out: /^cull: due in (1d|23h)/ });
});

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import type { ExitStatus } from '../../lib/base/sysexits.ts';
import { watchedJobs } from '../../lib/cli/watch-jobs.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { siteSettings } from '../support/settings.ts';
import { Captured } from '../support/site-rig.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;

/** Jobs of a site, what they ran and said. */
function rig(t: Test) {
  const state = join(t.testdir({}), 'state');
  const clock = fakeClock();
  const ran: string[] = [];
  const said: string[] = [];
  const stdout = new Captured(true);
  const stderr = new Captured();
  let status: ExitStatus = 0;
  const look = watchedJobs(
    {
      clock,
      log: (_level, event) => said.push(event),
      context: {
        io: { stdin: Readable.from([]), stdout, stderr, env: {} },
        globals: () => ({ config: '/etc/site', json: false, verbose: false }),
        exit: () => t.fail('the exit status is the loop’s'),
        call: async (argv) => {
          ran.push(argv.join(' '));
          return status;
        },
      },
    },
    [{ name: 'cull', everyMs: DAY, argv: ['cull'] }],
  );
  const site = { ...siteSettings('/nowhere'), state };
  return {
    state,
    clock,
    ran,
    said,
    stdout,
    stderr,
    look: () => look(site),
    answer: (next: ExitStatus) => (status = next),
  };
}

await t.test('what is due is run, and the next time is known', async (t) => {
  const { state, clock, ran, stdout, look } = rig(t);
  const began = clock.now();
  t.equal(await look(), began + DAY);
  t.same(ran, ['--config /etc/site cull']);
  t.equal(readFileSync(join(state, 'periodic/cull.stamp'), 'utf8').trim(), new Date(began).toISOString());
  clock.advance(HOUR);
  t.equal(await look(), began + DAY);
  t.equal(ran.length, 1, 'not due again');
  clock.advance(DAY);
  await look();
  t.equal(ran.length, 2);
  t.equal(stdout.text, '', 'standard output is for the drains');
});

await t.test('what failed is told and tried an hour later', async (t) => {
  const { clock, ran, stderr, look, answer } = rig(t);
  answer(75);
  t.equal(await look(), clock.now() + HOUR);
  t.match(stderr.text, /cull ended with 75/);
  clock.advance(HOUR / 2);
  t.equal(await look(), clock.now() + HOUR / 2);
  t.equal(ran.length, 1);
  clock.advance(HOUR / 2);
  answer(0);
  t.equal(await look(), clock.now() + DAY);
  t.equal(ran.length, 2);
});

await t.test('a stamp that cannot be read is trouble of the jobs alone', async (t) => {
  const { state, clock, ran, said, look } = rig(t);
  mkdirSync(join(state, 'periodic/cull.stamp'), { recursive: true });
  t.equal(await look(), clock.now() + HOUR);
  t.same(ran, []);
  t.same(said, ['periodic-trouble']);
  rmSync(state, { recursive: true });
  writeFileSync(state, 'a file in its place');
  clock.advance(HOUR);
  t.equal(await look(), clock.now() + HOUR);
});

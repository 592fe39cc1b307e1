/** Every move of the spool, with an error of the system at each of its steps. */
import t from 'tap';
import { type Errors, fail } from '../support/error-story.ts';
import { SCENARIOS } from '../support/kill-scenarios.ts';
import { skipReason } from '../support/lab-needs.ts';
import { makeVerdictSite } from '../support/verdict-site.ts';

const skip = skipReason({ programs: ['strace'] });
t.setTimeout(600_000);

/** No room, wherever the system may say so, and files that will not go. */
const FULL: Errors = {
  ...Object.fromEntries(
    ['create', 'write', 'sync', 'rename', 'mkdir', 'chmod'].map((verb) => [verb, ['ENOSPC']]),
  ),
  unlink: ['EIO'],
  rmdir: ['EIO'],
};

/** What else disks and kernels say. */
const OTHERS: Errors = {
  create: ['EMFILE', 'EROFS'],
  open: ['EMFILE'],
  write: ['EIO'],
  sync: ['EIO'],
  rename: ['EROFS'],
};

/** Those that stand for all in the second series. */
const CHOSEN = ['`inject`', 'done, with outputs for two other queues'];

/** What others show as well, or is wrong from its beginning. */
const LEFT_OUT = [
  'failed for the last time',
  'put back, for no output can be written',
  'names that are no entry’s',
  'a run died before the commit',
  '`queue hold` of what is deferred',
  '`queue release` of what is bad',
  '`queue delete` of what is bad',
];

await t.test('an error is told, and loses nothing', { skip }, async (t) => {
  using site = await makeVerdictSite(2);
  const jobs = [
    ...SCENARIOS.filter(({ name }) => CHOSEN.includes(name)).map((scenario) => ({
      scenario,
      errors: OTHERS,
    })),
    ...SCENARIOS.filter(({ name }) => !LEFT_OUT.includes(name)).map((scenario) => ({
      scenario,
      errors: FULL,
    })),
  ];
  await Promise.all(
    site.slots.map(async (slot) => {
      for (let job = jobs.shift(); job; job = jobs.shift()) {
        const { tried, statuses, wrong } = await fail(site, slot, job.scenario, job.errors);
        t.strictSame(wrong, [], job.scenario.name);
        t.ok(tried > 0, `${tried} errors: ${JSON.stringify(statuses)}`);
      }
    }),
  );
});

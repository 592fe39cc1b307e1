/** A clock that jumps: ids stay unique, due times stay sane, and nothing that waits is lost. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { filesInSpool, type Lab, makeLab, makeList, placesOf, type Ran, runProgram } from '../support/lab.ts';
import { readMaildir } from '../support/lab-mail.ts';
import { builtProgram } from '../support/lab-program.ts';

const skip = builtProgram === null && 'needs the built program: node build.mjs';
const PRELOAD = `--import=${pathToFileURL(join(import.meta.dirname, '../support/shift-clock.js')).href}`;
const ADA = 'ada@members.example';
const DAY_MS = 86_400_000;

/** Calls the program with a clock that is off by so much. */
function at(lab: Lab, shiftMs: number, args: readonly string[], input = ''): Promise<Ran> {
  const [node, ...program] = lab.command();
  return runProgram(
    [node, PRELOAD, ...program, ...args],
    { ...lab.env, CLOCK_SHIFT: String(shiftMs) },
    { input },
  );
}

const post = (subject: string) => `From: ${ADA}\nSubject: ${subject}\n\nbody\n`;

t.setTimeout(120_000);

await t.test('messages that come while the clock jumps are all delivered, once', { skip }, async (t) => {
  using lab = makeLab();
  await makeList(lab, 'friends', [ADA]);
  const shifts = [0, -400 * DAY_MS, 400 * DAY_MS, -DAY_MS, 0, 3_600_000, -3_600_000, -400 * DAY_MS];
  const ids = new Set<string>();
  for (const [index, shift] of shifts.entries()) {
    const { status, stdout, stderr } = await at(
      lab,
      shift,
      ['--json', 'inject', 'friends', '--sender', ADA],
      post(`post ${index}`),
    );
    t.equal(status, 0, stderr);
    ids.add(/"id":"([^"]+)"/.exec(stdout)?.[1] ?? '');
    if (index % 3 === 1) t.equal((await at(lab, -shift, ['--all', '--once'])).status, 0);
  }
  t.equal(ids.size, shifts.length, 'ids are unique');
  const { status, stderr } = await at(lab, -5 * DAY_MS, ['--all', '--once']);
  t.equal(status, 0, stderr);
  t.equal(readMaildir(join(lab.state, 'maildir', ADA)).length, shifts.length);
  t.strictSame(filesInSpool(lab.spool), []);
});

await t.test(
  'what is deferred waits, whatever the clock says, and comes when it is due',
  { skip },
  async (t) => {
    // Nobody answers at this port.
    using lab = makeLab({
      yaml: 'transport: { type: smtp, host: 127.0.0.1, port: 1 }\nretry: { first: 10m, max: 1h }\n',
    });
    await makeList(lab, 'friends', [ADA]);
    await lab.must(['inject', 'friends', '--sender', ADA], { input: post('post') });
    await lab.must(['--all', '--once']);
    t.strictSame(await placesOf(lab), ['retry/deferred']);
    for (const shift of [-20 * DAY_MS, -DAY_MS, -60_000, 0]) {
      const { status, stdout, stderr } = await at(lab, shift, ['--json', '--all', '--once']);
      t.equal(status, 0, stderr);
      t.match(stdout, /"stillDeferred":1/, 'it is counted');
      t.notMatch(stdout, /"taken":[1-9]/, `not taken at ${shift}`);
      t.strictSame(await placesOf(lab), ['retry/deferred']);
      t.equal((await at(lab, shift, ['queue', 'ls'])).status, 0);
    }
    // So far ahead is no wait that anything was given: the clock was wrong when it was written, or is now.
    const { stdout: early } = await at(lab, -400 * DAY_MS, ['--json', '--all', '--once']);
    t.match(early, /"taken":1/, 'tried early rather than never');
    t.match((await at(lab, 0, ['--json', '--all', '--once'])).stdout, /"taken":1/, 'and again now');
    const { stdout } = await at(lab, 2 * 3_600_000, ['--json', '--all', '--once']);
    t.match(stdout, /"taken":1/, 'later it is tried');
    // Tried on a clock that is ahead, its next time is ahead too, but no more than the longest wait.
    const [dueAt = Number.NaN] = (
      (await lab.must(['--json', 'queue', 'ls'])).match(/(?<="dueAt":)\d+/) ?? []
    ).map(Number);
    t.ok(dueAt < Date.now() + 4 * 3_600_000, `due at ${new Date(dueAt).toISOString()}`);
    t.strictSame(await placesOf(lab), ['retry/deferred']);
  },
);

await t.test('a clock that was ahead when files were written makes none of them old', { skip }, async (t) => {
  using lab = makeLab();
  await makeList(lab, 'friends', [ADA]);
  t.equal(
    (await at(lab, 30 * DAY_MS, ['inject', 'friends', '--sender', ADA], post('from the future'))).status,
    0,
  );
  const { status, stdout } = await at(lab, 0, ['queue', 'ls']);
  t.equal(status, 0);
  t.match(stdout, /in\/new/);
  await lab.must(['--all', '--once']);
  t.equal(readMaildir(join(lab.state, 'maildir', ADA)).length, 1);
});

/** Mail of a real list, with runs and producers that are killed on the way. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readEntryFile } from '../../lib/spool/entry-file.ts';
import { type Command, type Plan, record, shoot, strike } from '../support/faults.ts';
import { filesInSpool, type Lab, makeLab, makeList, type Ran } from '../support/lab.ts';
import { readMaildir } from '../support/lab-mail.ts';
import { skipReason } from '../support/lab-needs.ts';
import { IN_MEMORY, makeSlot, type Slot, warmUp } from '../support/slot.ts';

const skip = skipReason({ programs: ['strace'] });
const MEMBERS = ['ada', 'ben', 'cleo'].map((name) => `${name}@members.example`);
const NEWCOMER = 'new@members.example';
const POST = `From: ${MEMBERS[0]}\nSubject: hello\nMessage-ID: <hello@members.example>\n\nbody\n`;
const JOIN = `From: ${NEWCOMER}\nSubject: join\n\n`;
const RUN = ['--all', '--once'];

// Some hundred runs: longer than other tests may take.
t.setTimeout(600_000);

/** Does the work for each of the numbers, two at a time, each in a slot of its own. Returns what was wrong. */
async function each(
  slots: readonly Slot[],
  numbers: readonly number[],
  work: (slot: Slot, plan: Plan, number: number) => Promise<string[]>,
  command: Command,
): Promise<string[]> {
  const waiting = [...numbers];
  const wrong: string[] = [];
  await Promise.all(
    slots.map(async (slot) => {
      const plan = await record(slot, command);
      for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
        const text = plan.steps[number]?.text;
        for (const what of await work(slot, plan, number))
          wrong.push(`killed at step ${number + 1}, ${text}: ${what}`);
      }
    }),
  );
  return wrong;
}

/** One in `share` of a plan's steps, whatever they are. */
function chosen({ steps }: Plan, share: number): number[] {
  return steps.flatMap((_, index) => (index % share === 0 ? [index] : []));
}

/** What must be true however often a run was killed; an empty list when it is. */
function account(site: string): string[] {
  const wrong: string[] = [];
  const expect = (what: string, mails: readonly Buffer[], words: string) => {
    if (mails.length !== 1) wrong.push(`${what} has ${mails.length} messages`);
    for (const mail of mails)
      if (!mail.includes(words)) wrong.push(`${what} has another message: ${mail.toString()}`);
  };
  for (const member of MEMBERS)
    expect(member, readMaildir(join(site, 'state/maildir', member)), '\n\nbody\n');
  expect('the archive', readMaildir(join(site, 'state/archive/friends@lists.example')), '\n\nbody\n');
  expect(NEWCOMER, readMaildir(join(site, 'state/maildir', NEWCOMER)), 'friends-confirm+');
  return [...wrong, ...waiting(join(site, 'spool')).map((file) => `there is still ${file}`)];
}

/** What lies in the spool, but for journals, which mean nothing without their entries. */
function waiting(spool: string): string[] {
  return filesInSpool(spool).filter((file) => !file.includes('/journal/'));
}

/** Runs until all is well; after one kill the first run must do. */
async function finish(slot: Slot): Promise<string[]> {
  const { status, stderr } = await slot.run(RUN);
  return status === 0 ? account(slot.site) : [`exit status ${status}: ${stderr}`];
}

/** A list with members, in two sites. */
async function makeSlots(): Promise<{ lab: Lab; slots: Slot[] }> {
  const lab = makeLab(IN_MEMORY);
  await makeList(lab, 'friends', MEMBERS);
  const slots = [makeSlot(lab), makeSlot(lab)];
  for (const slot of slots) await warmUp(slot);
  return { lab, slots };
}

/** The first of two. */
function firstOf([slot]: readonly Slot[]): Slot {
  if (slot === undefined) throw new Error('wanted a slot');
  return slot;
}

async function mustInject(slot: Slot, args: readonly string[], input: string): Promise<void> {
  const { status, stderr } = await slot.run(['inject', ...args], input);
  if (status !== 0) throw new Error(`inject ended with ${status}: ${stderr}`);
}

await t.test('a run that is killed loses nothing and repeats nothing', { skip }, async (t) => {
  const { lab, slots } = await makeSlots();
  using _ = lab;
  const slot = firstOf(slots);
  await mustInject(slot, ['friends', '--sender', MEMBERS[0] ?? ''], POST);
  await mustInject(slot, ['friends-join@lists.example', '--sender', NEWCOMER], JOIN);
  const command = { from: slot.save(), args: RUN };
  const plan = await record(slot, command);
  t.strictSame(await finish(slot), [], 'without a kill');

  // Syncs that come together are one, so a run may have fewer of them than the one that was recorded.
  let misses = 0;
  const missed = (slot: Slot, { status, signal }: Ran): string[] => {
    misses++;
    return status === 0 ? account(slot.site) : [`it ended with ${status ?? signal}`];
  };
  const all = chosen(plan, 3);
  t.ok(all.length > 20, `${all.length} kills at ${plan.steps.length} steps`);
  const wrong = await each(
    slots,
    all,
    async (slot, plan, number) => {
      const { ran } = await shoot(slot, plan, number, 'signal=SIGKILL');
      return ran.signal === 'SIGKILL' ? finish(slot) : missed(slot, ran);
    },
    command,
  );
  t.strictSame(wrong, []);
  t.ok(misses < all.length / 10, `${misses} runs ended before their step`);

  await t.test('and so does the run that sets it right, killed in turn', async (t) => {
    const syncs = plan.steps.flatMap(({ step }, index) => (step.verb === 'sync' ? [index] : []));
    let twice = 0;
    const wrong = await each(
      slots,
      syncs.filter((_, index) => index % 5 === 0),
      async (slot, plan, number) => {
        const { ran } = await shoot(slot, plan, number, 'signal=SIGKILL');
        if (ran.signal !== 'SIGKILL') return missed(slot, ran);
        const second = {
          name: 'rename',
          when: number % 2 === 0 ? '2' : '5',
          fault: 'signal=SIGKILL',
        } as const;
        const { signal } = await slot.trace(RUN, { injections: [second] });
        if (signal === 'SIGKILL') twice++;
        return finish(slot);
      },
      command,
    );
    t.strictSame(wrong, []);
    t.ok(twice > 1, `${twice} were killed twice`);
  });
});

/** What is wrong with the entries in a spool, and how many there are. */
function examine(spool: string, message: string): { wrong: string[]; count: number } {
  const files = existsSync(spool) ? filesInSpool(spool) : [];
  const accepted = files.filter((file) => !/^bell\/|\/tmp\/|^FORMAT/.test(file));
  const wrong = accepted.flatMap((file) => {
    const entry = readEntryFile(join(spool, file));
    if (!file.startsWith('in/new/')) return [`there is ${file}`];
    if (typeof entry === 'string') return [`${file}: ${entry}`];
    const bytes = readFileSync(join(spool, file)).subarray(entry.messageAt).toString();
    return bytes === message ? [] : [`${file} has another message`];
  });
  return { wrong, count: accepted.length };
}

/** Directories of the spool that its group cannot write to. */
function wrongModes(spool: string): string[] {
  if (!existsSync(spool)) return [];
  return readdirSync(spool, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const stat = statSync(join(spool, name));
    const mode = stat.mode & 0o7777;
    return stat.isDirectory() && mode !== 0o2770 ? [`${name} has mode ${mode.toString(8)}`] : [];
  });
}

for (const [what, isThere, share] of [
  ['into a spool that is there', true, 1],
  ['into no spool yet', false, 20],
] as const) {
  await t.test(`an inject ${what}, killed, has left a whole entry or none`, { skip }, async (t) => {
    const { lab, slots } = await makeSlots();
    using _ = lab;
    const slot = firstOf(slots);
    if (isThere) await slot.run(['queue']);
    const input = `${POST}${'long line\n'.repeat(20_000)}`;
    const args = ['inject', 'friends', '--sender', MEMBERS[0] ?? ''];
    const command = { from: slot.save(), args, input };
    const plan = await record(slot, command);
    const all = [...new Set([...chosen(plan, share), plan.steps.length - 1])];
    const found = { whole: 0, none: 0 };
    const wrong = await each(
      slots,
      all,
      async (slot, plan, number) => {
        await strike(slot, plan, number, 'signal=SIGKILL');
        const { wrong, count } = examine(slot.spool, input);
        found[count > 0 ? 'whole' : 'none']++;
        // The mail server tries again.
        const again = await slot.run(args, input);
        if (again.status !== 0) wrong.push(`the next inject ended with ${again.status}: ${again.stderr}`);
        const after = examine(slot.spool, input);
        if (after.count !== count + 1) wrong.push(`${count} entries became ${after.count}`);
        return [...wrong, ...after.wrong, ...wrongModes(slot.spool)];
      },
      command,
    );
    t.strictSame(wrong, []);
    t.ok(found.whole > 0 && found.none > 0, `${found.none} times nothing, ${found.whole} times an entry`);
    t.comment(`${all.length} kills at ${plan.steps.length} steps`);
  });
}

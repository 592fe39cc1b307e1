import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readEntryFile } from '../../lib/spool/entry-file.ts';
import { filesInSpool, type Lab, makeLab, makeList, runProgram } from '../support/lab.ts';
import { runAndKill } from '../support/lab-kill.ts';
import { readMaildir } from '../support/lab-mail.ts';
import { skipReason } from '../support/lab-needs.ts';

const skip = skipReason({ programs: ['strace'] });
const MEMBERS = ['ada', 'ben', 'cleo'].map((name) => `${name}@members.example`);
const NEWCOMER = 'new@members.example';
const POST = `From: ${MEMBERS[0]}\nSubject: hello\nMessage-ID: <hello@members.example>\n\nbody\n`;
const JOIN = `From: ${NEWCOMER}\nSubject: join\n\n`;

/** Calls, and which of them: `step` 1 is every one. Looked for until a run is not killed any more. */
type Series = { readonly calls: string; readonly step: number };

const RENAMES = 'rename,renameat,renameat2';

/** How a run moves, makes and syncs things. Most of the many opens are of the program itself. */
const DRAIN: readonly Series[] = [
  { calls: RENAMES, step: 1 },
  { calls: 'unlink,unlinkat', step: 1 },
  { calls: 'fsync,fdatasync', step: 1 },
  { calls: 'pwrite64', step: 2 },
  { calls: 'mkdir,mkdirat', step: 4 },
  { calls: 'openat', step: 24 },
];

/** The same for inject. */
const INJECT: readonly Series[] = [
  { calls: RENAMES, step: 1 },
  { calls: 'fsync,fdatasync', step: 1 },
  { calls: 'write,pwrite64', step: 3 },
  { calls: 'openat', step: 12 },
];

/** And for the first one, which makes the spool. */
const FIRST_INJECT: readonly Series[] = [
  { calls: RENAMES, step: 1 },
  { calls: 'fsync,fdatasync', step: 1 },
  { calls: 'mkdir,mkdirat', step: 6 },
  { calls: 'chmod,fchmod,fchmodat', step: 12 },
];

/** Whose work one piece of a series is: a site of its own, copied from `from`. */
type Site = Disposable & { readonly path: string };

function copySite(lab: Lab): Site {
  const path = mkdtempSync(join(lab.root, 'copy-'));
  cpSync(lab.site, path, { recursive: true });
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Does `work` for each number from `step` on until it says that there are no more; some at a time. */
async function series({ step }: Series, work: (number: number) => Promise<boolean>): Promise<number> {
  let next = step;
  let done = 0;
  let more = true;
  const worker = async () => {
    while (more) {
      const number = next;
      next += step;
      if (await work(number)) done++;
      else more = false;
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
  return done;
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
  return [...wrong, ...filesInSpool(join(site, 'spool')).map((file) => `there is still ${file}`)];
}

/** Runs until all is well; after one kill the first run must do. */
async function finish(lab: Lab, site: string): Promise<string[]> {
  const { status, stderr } = await runProgram([...lab.command(site), '--all', '--once'], lab.env);
  return status === 0 ? account(site) : [`exit status ${status}: ${stderr}`];
}

/** A site with members, a post and a request to join, which no run has seen yet. */
async function makeWork(): Promise<Lab> {
  const lab = makeLab();
  await makeList(lab, 'friends', MEMBERS);
  await lab.must(['inject', 'friends', '--sender', MEMBERS[0] ?? ''], { input: POST });
  await lab.must(['inject', 'friends-join@lists.example', '--sender', NEWCOMER], { input: JOIN });
  return lab;
}

const nameOf = (one: Series) => `${one.calls.split(',')[0]}${one.step === 1 ? '' : `, one in ${one.step}`}`;

/** Kills one kind of run at each call of one kind. */
async function killAll(
  t: Test,
  one: Series,
  attempt: (number: number) => Promise<string[] | null>,
): Promise<void> {
  const failures: string[] = [];
  const kills = await series(one, async (number) => {
    const wrong = await attempt(number);
    if (wrong !== null)
      failures.push(...wrong.map((words) => `killed at ${nameOf(one)} ${number}: ${words}`));
    return wrong !== null;
  });
  t.comment(`${kills} kills`);
  t.ok(kills > 0, 'it was killed');
  t.strictSame(failures, []);
}

// Some hundred runs: longer than other tests may take.
t.setTimeout(600_000);

await t.test('a run that is killed loses nothing and repeats nothing', { skip }, async (t) => {
  using lab = await makeWork();
  using calm = copySite(lab);
  t.strictSame(await finish(lab, calm.path), [], 'without a kill');

  for (const one of DRAIN) {
    await t.test(nameOf(one), async (t) => {
      await killAll(t, one, async (number) => {
        using site = copySite(lab);
        const point = { calls: one.calls, number };
        const { signal, status } = await runAndKill(
          [...lab.command(site.path), '--all', '--once'],
          lab.env,
          point,
        );
        if (signal === null && status === 0) return null;
        if (signal !== 'SIGKILL') return [`it ended with ${status ?? signal}`];
        return await finish(lab, site.path);
      });
    });
  }

  await t.test('and so does the run that sets it right', async (t) => {
    for (const second of [2, 5]) {
      const one = { calls: 'fsync,fdatasync', step: 7 };
      await killAll(t, one, async (number) => {
        using site = copySite(lab);
        const command = [...lab.command(site.path), '--all', '--once'];
        const first = await runAndKill(command, lab.env, { calls: one.calls, number });
        if (first.signal === null) return null;
        await runAndKill(command, lab.env, { calls: RENAMES, number: second });
        return await finish(lab, site.path);
      });
    }
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
  return readdirSync(spool, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const stat = statSync(join(spool, name));
    const mode = stat.mode & 0o7777;
    return stat.isDirectory() && mode !== 0o2770 ? [`${name} has mode ${mode.toString(8)}`] : [];
  });
}

for (const [what, all] of [
  ['into a spool that is there', INJECT],
  ['into no spool yet', FIRST_INJECT],
] as const) {
  await t.test(`an inject ${what}, killed, has left a whole entry or none`, { skip }, async (t) => {
    using lab = makeLab();
    await makeList(lab, 'friends', MEMBERS);
    if (all === INJECT) await lab.must(['queue']);
    const message = `${POST}${'long line\n'.repeat(20_000)}`;
    for (const one of all) {
      await t.test(nameOf(one), async (t) => {
        const found = { whole: 0, none: 0 };
        await killAll(t, one, async (number) => {
          using site = copySite(lab);
          const spool = join(site.path, 'spool');
          const command = [...lab.command(site.path), 'inject', 'friends', '--sender', MEMBERS[0] ?? ''];
          const point = { calls: one.calls, number };
          const { signal, status } = await runAndKill(command, lab.env, point, message);
          if (signal === null && status === 0) return null;
          const { wrong, count } = examine(spool, message);
          found[count > 0 ? 'whole' : 'none']++;
          // The mail server tries again.
          const again = await runProgram(command, lab.env, { input: message });
          if (again.status !== 0) wrong.push(`the next inject ended with ${again.status}: ${again.stderr}`);
          const after = examine(spool, message);
          if (after.count !== count + 1) wrong.push(`${count} entries became ${after.count}`);
          return [...wrong, ...after.wrong, ...wrongModes(spool)];
        });
        t.comment(`${found.none} times nothing, ${found.whole} times an entry`);
      });
    }
  });
}

/** Workers are processes: the built program is called. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { systemClock } from '../../lib/base/clock.ts';
import { QUEUES } from '../../lib/config/queue-names.ts';
import { addEntry } from '../../lib/spool/add.ts';
import { EMPTY_META } from '../../lib/spool/entry.ts';
import { openSpool } from '../../lib/spool/spool.ts';
import { filesInSpool, type Lab, makeLab, makeList, until } from '../support/lab.ts';

/** A queue whose module notes which process worked on what, and does as `body` says. */
async function makeWork(t: Test, body: string, entries: number): Promise<Lab> {
  const lab = makeLab();
  t.teardown(() => lab[Symbol.dispose]());
  await makeList(lab, 'friends', []);
  writeFileSync(
    join(lab.site, 'work.mjs'),
    `import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
const notes = ${JSON.stringify(join(lab.root, 'notes-'))};
const marker = ${JSON.stringify(join(lab.root, 'marker'))};
export async function run(entry, { signal }) {
  appendFileSync(notes + process.pid, entry.id + '\\n');
  ${body}
  return { kind: 'done', outputs: [] };
}
`,
  );
  writeFileSync(join(lab.site, 'qrunner.yaml'), 'queues:\n  work: { module: work.mjs }\n', { flag: 'a' });
  await lab.must(['check']);
  const spool = openSpool(lab.spool, [...QUEUES.map(({ name }) => name), 'work'], systemClock);
  await Promise.all(
    Array.from({ length: entries }, () =>
      addEntry(spool, 'work', EMPTY_META, [Buffer.from('Subject: x\n\nx\n')]),
    ),
  );
  return lab;
}

/** The ids each process worked on. */
function notesOf(lab: Lab): string[][] {
  return readdirSync(lab.root)
    .filter((name) => name.startsWith('notes-'))
    .map((name) => readLines(join(lab.root, name)));
}

function readLines(path: string): string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

await t.test('each works on its slice, and the report is of all of them', async (t) => {
  const lab = await makeWork(t, '', 60);
  const report: unknown = JSON.parse(await lab.must(['--all', '--once', '--workers', '3', '--json']));
  t.match(report, { end: 'drained', trouble: null, stillDeferred: 0 });
  const notes = notesOf(lab);
  t.equal(notes.length, 3, 'three processes had work');
  t.equal(new Set(notes.flat()).size, 60);
  t.equal(notes.flat().length, 60, 'each once');
  t.strictSame(filesInSpool(lab.spool), []);
});

await t.test('a worker that dies: its work is done by the pass at the end', async (t) => {
  const lab = await makeWork(
    t,
    "try { writeFileSync(marker, '', { flag: 'wx' }); process.kill(process.pid, 'SIGKILL'); } catch {}",
    40,
  );
  const { status, stderr } = await lab.run(['--all', '--once', '--workers', '2']);
  t.equal(status, 0);
  t.match(stderr, /worker-died worker=\d reason=SIGKILL/);
  t.equal(new Set(notesOf(lab).flat()).size, 40);
  t.strictSame(filesInSpool(lab.spool), []);
});

await t.test('a budget is shared', async (t) => {
  const lab = await makeWork(t, '', 40);
  const report: unknown = JSON.parse(
    await lab.must(['--all', '--once', '--workers', '2', '--max-entries', '10', '--json']),
  );
  t.match(report, { end: 'budget' });
  const worked = notesOf(lab).flat().length;
  t.ok(worked >= 10 && worked <= 12, `${worked} entries`);
  t.ok(
    filesInSpool(lab.spool).some((file) => file.startsWith('bell/')),
    'a bell stays',
  );
  await lab.must(['--all', '--once', '--workers', '2']);
  t.equal(new Set(notesOf(lab).flat()).size, 40);
});

await t.test('a signal to end is passed on', async (t) => {
  const lab = await makeWork(t, 'await new Promise((resolve) => setTimeout(resolve, 300));', 200);
  const [file, ...args] = [...lab.command(), '--all', '--once', '--workers', '2', '--json'];
  const child = spawn(file ?? '', args, { env: lab.env, stdio: ['ignore', 'pipe', 'inherit'] });
  const output = text(child.stdout);
  const ended = once(child, 'close');
  await until('both workers are at work', () => notesOf(lab).length === 2);
  child.kill('SIGTERM');
  t.same(await ended, [0, null]);
  t.match(JSON.parse(await output), { end: 'stopped' });
  const left = filesInSpool(lab.spool).filter((name) => name.startsWith('work/'));
  t.ok(left.length > 100, `${left.length} wait for the next run`);
  t.ok(
    left.every((name) => name.startsWith('work/new/')),
    'nothing is left half-way',
  );
});

await t.test('slices and workers do not go together', async (t) => {
  const lab = await makeWork(t, '', 0);
  const { status, stderr } = await lab.run(['--runner', 'out:0:2', '--once', '--workers', '2']);
  t.equal(status, 64);
  t.match(stderr, /with --workers name whole queues/);
  for (const option of [
    ['--workers', '0'],
    ['--workers', '65'],
    ['--max-entries', 'x'],
    ['--max-seconds', '-1'],
  ])
    t.match(await lab.run(['--all', '--once', ...option]), { status: 64, stderr: /wanted a whole number/ });
});

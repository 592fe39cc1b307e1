/** Runs side by side over slices: nobody works on what another works on, and nobody recovers what is alive. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../lib/base/clock.ts';
import { QUEUES } from '../../lib/config/queue-names.ts';
import { addEntry } from '../../lib/spool/add.ts';
import { EMPTY_META } from '../../lib/spool/entry.ts';
import { hashPlace, parseName } from '../../lib/spool/entry-name.ts';
import { inRange, sliceRange } from '../../lib/spool/range.ts';
import { openSpool } from '../../lib/spool/spool.ts';
import { GATE, NOTES, TAKES } from '../support/busy-runner.ts';
import { filesInSpool, type Lab, makeLab, until } from '../support/lab.ts';
import { builtProgram } from '../support/lab-program.ts';

const skip = builtProgram === null && 'needs the built program: node build.mjs';
const MODULE = join(import.meta.dirname, '../support/busy-runner.js');

/** A run that goes on, and how it ended. */
type Running = {
  readonly kill: () => void;
  readonly ended: Promise<{
    readonly status: number | null;
    readonly stderr: string;
    readonly recovered: number;
    readonly done: number;
    readonly end: string;
  }>;
};

/** A site with a queue that is busy, and entries in it. */
type Busy = Disposable & {
  readonly lab: Lab;
  readonly ids: readonly string[];
  readonly start: (...args: string[]) => Running;
  /** A run that ends no entry's work before the gate is opened. */
  readonly startGated: (...args: string[]) => Running;
  readonly openGate: () => void;
  /** Names in a directory of the notes. */
  readonly notes: (name: 'working' | 'finished') => string[];
  /** What went wrong, by the notes. */
  readonly wrong: () => string;
};

function field(report: string, name: string): number {
  const numbers = [...report.matchAll(new RegExp(`"${name}":(\\d+)`, 'g'))].map(([, digits]) =>
    Number(digits),
  );
  return numbers.reduce((sum, number) => sum + number, 0);
}

async function makeBusy(entries: number, takesMs: number): Promise<Busy> {
  const lab = makeLab({ yaml: `queues: { busy: { module: ${JSON.stringify(MODULE)} } }\n` });
  const notes = join(lab.root, 'notes');
  for (const name of ['working', 'finished']) mkdirSync(join(notes, name), { recursive: true });
  const spool = openSpool(lab.spool, [...QUEUES.map(({ name }) => name), 'busy'], systemClock);
  const ids: string[] = [];
  for (let number = 0; number < entries; number++) {
    ids.push((await addEntry(spool, 'busy', EMPTY_META, [Buffer.from('Subject: work\n\n')])).id);
  }
  const gate = join(notes, 'gate');
  const begin = (args: readonly string[], env: Readonly<Record<string, string>>): Running => {
    const [program, ...words] = [...lab.command(), '--json', ...args, '--once'];
    const child = spawn(program ?? '', words, {
      env: { ...lab.env, [NOTES]: notes, [TAKES]: String(takesMs), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text));
    }
    const ended: Running['ended'] = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) => {
        const { stdout, stderr } = said;
        const end = /"end":"(\w+)"/.exec(stdout)?.[1] ?? 'no report';
        resolve({ status, stderr, end, recovered: field(stdout, 'recovered'), done: field(stdout, 'done') });
      });
    });
    return { ended, kill: () => void child.kill('SIGKILL') };
  };
  return {
    lab,
    ids,
    start: (...args) => begin(args, {}),
    startGated: (...args) => begin(args, { [GATE]: gate }),
    openGate: () => writeFileSync(gate, ''),
    notes: (name) => readdirSync(join(notes, name)).sort(),
    wrong: () => (existsSync(join(notes, 'wrong')) ? readFileSync(join(notes, 'wrong'), 'utf8') : ''),
    [Symbol.dispose]: () => lab[Symbol.dispose](),
  };
}

/** Everything was done, once, and nothing stays. */
function isDone(t: Test, { lab, ids, notes, wrong }: Busy): void {
  t.equal(wrong(), '', 'never two at once, none finished twice');
  t.strictSame(notes('finished'), [...ids].sort(), 'each is finished');
  t.strictSame(notes('working'), []);
  t.strictSame(filesInSpool(lab.spool), []);
}

const idsIn = (ids: readonly string[], index: number, count: number) =>
  ids.filter((id) => inRange(sliceRange(index, count), hashPlace(id))).sort();

await t.test('slices that do not overlap are worked on side by side', { skip }, async (t) => {
  using busy = await makeBusy(120, 40);
  const runs = [0, 1, 2].map((index) => busy.start('-r', `busy:${index}:3`));
  const ends = await Promise.all(runs.map(({ ended }) => ended));
  for (const [index, { status, stderr, recovered, done, end }] of ends.entries()) {
    t.equal(status, 0, stderr);
    t.equal(end, 'drained');
    t.equal(recovered, 0);
    t.equal(done, idsIn(busy.ids, index, 3).length, 'each did what is in its slice');
  }
  isDone(t, busy);
});

await t.test('slices of all counts, many of which overlap', { skip }, async (t) => {
  using busy = await makeBusy(160, 40);
  const cuts = ['0:2', '1:3', '2:3', '1:2', '3:4', '0:1', '0:3', '2:4', '0:4096', '4095:4096'];
  const specs = cuts.map((cut) => ['-r', `busy:${cut}`]);
  const runs = [...specs, ['--all']].map((words, index) =>
    busy.start(...words, ...(index % 3 === 0 ? ['--wait=2m'] : [])),
  );
  for (const { status, stderr, recovered, end } of await Promise.all(runs.map(({ ended }) => ended))) {
    t.equal(status, 0, stderr);
    t.match(end, /^(drained|busy)$/);
    t.equal(recovered, 0, 'nothing of the living is recovered');
  }
  const last = await busy.start('--all').ended;
  t.equal(last.status, 0, last.stderr);
  t.equal(last.recovered, 0);
  isDone(t, busy);
});

await t.test('what a killed run leaves is taken up by the next run over it', { skip }, async (t) => {
  using busy = await makeBusy(200, 10);
  const mine = idsIn(busy.ids, 0, 2);
  const others = idsIn(busy.ids, 1, 2);
  const living = busy.startGated('-r', 'busy:1:2');
  const victim = busy.startGated('-r', 'busy:0:2');
  const workingOn = (ids: readonly string[]) => busy.notes('working').filter((id) => ids.includes(id));
  const activeOf = (ids: readonly string[]) =>
    readdirSync(join(busy.lab.spool, 'busy/active'))
      .flatMap((file) => parseName(file)?.id ?? [])
      .filter((id) => ids.includes(id))
      .sort();
  await until('both work', () => workingOn(mine).length > 0 && workingOn(others).length > 0);
  victim.kill();
  t.equal((await victim.ended).status, null);
  const abandoned = activeOf(mine);
  t.ok(abandoned.length > 0, 'it was killed in the middle');
  const alive = activeOf(others);

  await t.test('a run that overlaps the living one leaves everything to it', async (t) => {
    const { status, end, recovered, done } = await busy.start('-r', 'busy').ended;
    t.equal(status, 0);
    t.equal(end, 'busy');
    t.equal(recovered + done, 0);
    t.strictSame(activeOf(mine), abandoned);
  });

  await t.test('a run over a part takes up what is in it', async (t) => {
    const { status, recovered, done, stderr } = await busy.start('-r', 'busy:0:8').ended;
    t.equal(status, 0, stderr);
    t.equal(recovered, idsIn(abandoned, 0, 8).length);
    t.equal(done, idsIn(mine, 0, 8).length);
  });

  await t.test('a run over all of the slice takes up the rest', async (t) => {
    const { status, recovered, done, stderr } = await busy.start('-r', 'busy:0:2').ended;
    t.equal(status, 0, stderr);
    t.equal(recovered, abandoned.length - idsIn(abandoned, 0, 8).length);
    t.equal(done, mine.length - idsIn(mine, 0, 8).length);
    t.strictSame(activeOf(mine), []);
  });

  t.strictSame(activeOf(others), alive, 'the living run has kept what it works on');
  busy.openGate();
  const { status, recovered, done, stderr } = await living.ended;
  t.equal(status, 0, stderr);
  t.equal(recovered, 0);
  t.equal(done, others.length);
  isDone(t, busy);
});

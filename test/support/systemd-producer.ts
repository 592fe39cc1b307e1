/** Posts that come into a lab by themselves for a while, ring-often.ts, and the account of them at the end. */
import type { ChildProcess } from 'node:child_process';
import type { Test } from 'tap';
import type { SystemdLab } from './systemd-lab.ts';
import { PROGRAM_IN_MACHINE } from './systemd-machine.ts';
import { LIST_USER, SPOOL } from './systemd-site.ts';

/** Posts that come. */
export type Arrivals = {
  /** Subjects of those accepted so far. */
  readonly accepted: () => string[];
  /** Resolves when the last one was accepted. @throws when the producer failed */
  readonly end: Promise<void>;
  /** From now on it may end as it likes: its machine is about to. */
  readonly mayFail: () => void;
};

/** What comes. */
export type ArrivalOptions = {
  readonly count: number;
  readonly seed: number;
  /** The longest pause between two bursts of up to six, milliseconds. */
  readonly longestMs: number;
  /** Number of the first post. */
  readonly first?: number;
};

/** Lets posts come. */
export function startArrivals(
  lab: SystemdLab,
  { count, seed, longestMs, first = 1 }: ArrivalOptions,
): Arrivals {
  const script = `${PROGRAM_IN_MACHINE}/build/test/support/ring-often.js`;
  const numbers = [count, seed, longestMs, first].map(String);
  const words = [process.execPath, script, SPOOL, 'friends@lists.example', ...numbers];
  const child = lab.start(words, { user: LIST_USER });
  let said = '';
  let wrong = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    wrong += chunk.toString();
  });
  let mayFail = false;
  return {
    accepted: () => (said.match(/^\d+\n/gm) ?? []).map((line) => `post-${line.trim()}`),
    end: ended(child).then((status) => {
      if (status !== 0 && !mayFail) throw new Error(`the producer ended with ${status}: ${wrong}`);
    }),
    mayFail: () => {
      mayFail = true;
    },
  };
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

/** Resolves when nothing is left to do and nothing runs. */
export async function untilQuiet(lab: SystemdLab, ms?: number): Promise<void> {
  await lab.until(
    'everything is delivered and nothing runs',
    async () =>
      Object.keys(lab.site.lies()).length === 0 &&
      lab.site.bells().length === 0 &&
      (await lab.show('qrunner.service', 'ActiveState')) === 'inactive',
    ms,
  );
}

/** Waits until it is quiet, then: every post was delivered, each once, by no process that stays. */
export async function allOnce(
  t: Test,
  lab: SystemdLab,
  wanted: readonly string[],
  member = 'ben',
  ms?: number,
): Promise<void> {
  await untilQuiet(lab, ms);
  const got = lab.site.subjects(member);
  const have = new Set(got);
  t.strictSame(
    wanted.filter((subject) => !have.has(subject)),
    [],
    'nothing is lost',
  );
  t.strictSame(
    got.filter((subject, index) => got[index - 1] === subject),
    [],
    'nothing is there twice',
  );
  t.equal(got.length, wanted.length, `${wanted.length} delivered`);
  t.strictSame(lab.processes(), [], 'no process is left');
}

/** The state of the path unit that must hold whatever happens: it waits, or its service is at work. */
export async function pathIsWell(t: Test, lab: SystemdLab): Promise<void> {
  t.equal(await lab.show('qrunner.path', 'ActiveState'), 'active', 'the path unit is active');
  t.equal(await lab.show('qrunner.path', 'Result'), 'success');
}

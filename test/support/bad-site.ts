/** A site for bad input: a queue of its own with good entries in it, and a program whose user is not root. */
import {
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { BAD_THINGS, bytePath, entryBytes, FOREIGN_NAMES, inodesBelow } from './bad-things.ts';
import { NOTES, TAKES } from './busy-runner.ts';
import { type Lab, makeLab, type Ran, runProgram, type User } from './lab.ts';
import { userNamed } from './lab-needs.ts';

const MODULE = join(import.meta.dirname, 'busy-runner.js');

/** A bucket of deferred/ whose minute is long over. */
export const BUCKET = '20200101T0000Z';
/** In front of the names in it. */
export const DUE = '1577836800000000-';

/** Longer than any run here takes: one that does not end is killed and has no exit status of its own. */
const PATIENCE = '25s';

/** A site with one queue of its own, `work`, and good entries in it. */
export type Site = Disposable & {
  readonly lab: Lab;
  readonly user: User;
  readonly queue: string;
  readonly outside: string;
  readonly good: readonly string[];
  readonly run: () => Promise<Ran>;
  readonly finished: () => string[];
};

/** An id for number n: the order of the names is that of the numbers. */
export const idOf = (number: number) =>
  `17954208${String(number).padStart(8, '0')}-${String(number).padStart(20, 'a')}`;

/** Makes one. */
export async function makeSite(good: number, spool = 'spool'): Promise<Site> {
  const user = userNamed('nobody');
  const lab = makeLab({ user, spool, yaml: 'queues: { work: { module: ./queue.mjs } }\n' });
  copyFileSync(MODULE, join(lab.site, 'queue.mjs'));
  const own = (path: string) => chownSync(path, user.uid, user.gid);
  const notes = join(lab.root, 'notes');
  const outside = join(lab.root, 'outside');
  for (const directory of [notes, join(notes, 'working'), join(notes, 'finished'), outside]) {
    mkdirSync(directory);
    own(directory);
  }
  writeFileSync(join(outside, 'file'), 'not ours');
  await lab.must(['queue']);
  const queue = join(lab.spool, 'work');
  // Some before what is bad in the order of their names, some after.
  const ids = Array.from({ length: good }, (_, index) => idOf(index % 2 === 0 ? index : 90_000_000 + index));
  for (const id of ids) {
    writeFileSync(join(queue, 'new', id), entryBytes('Subject: good\n\n'));
    own(join(queue, 'new', id));
  }
  return {
    lab,
    user,
    queue,
    outside,
    good: ids.sort(),
    run: () => {
      const env = { ...lab.env, [NOTES]: notes, [TAKES]: '0' };
      const command = ['timeout', '-s', 'KILL', PATIENCE, ...lab.command(), '--all', '--once'];
      return runProgram(command, env, { user });
    },
    finished: () => readdirSync(join(notes, 'finished')).sort(),
    [Symbol.dispose]: () => lab[Symbol.dispose](),
  };
}

/** Where the bad things of a test are put. */
export type Put = { readonly what: string; readonly ino: number; readonly name: string };

/** A directory of the queue, which is made when it is a bucket. */
export function makePlace({ queue, user }: Site, place: string): string {
  const directory = join(queue, place);
  mkdirSync(directory, { recursive: true });
  chownSync(directory, user.uid, user.gid);
  return directory;
}

/** Every bad thing under the name of an entry. */
export function putThings({ outside, user }: Site, directory: string, prefix = '', only = BAD_THINGS): Put[] {
  return only.map(({ what, make }, index) => {
    const name = `${prefix}${idOf(1_000 + index)}`;
    const path = join(directory, name);
    make(path, outside, user);
    return { what, ino: lstatSync(path).ino, name };
  });
}

/** A good entry under each foreign name. */
export function putForeign({ user }: Site, directory: string): Put[] {
  return FOREIGN_NAMES.map((name) => {
    const path = bytePath(directory, name);
    writeFileSync(path, entryBytes('Subject: foreign\n\n'));
    chownSync(path, user.uid, user.gid);
    return {
      what: `the name ${JSON.stringify(name.toString('latin1'))}`,
      ino: lstatSync(path).ino,
      name: name.toString('latin1'),
    };
  });
}

/** Each lies in bad/ now, and the reason beside it. */
export function areInBad(t: Test, site: Site, puts: readonly Put[]): void {
  const where = inodesBelow(site.queue);
  for (const { what, ino } of puts) {
    const path = where.get(ino) ?? 'lost';
    t.match(path, /\/bad\/[^/]+$/, `${what} is in bad/`);
    t.ok(existsSync(Buffer.from(`${path}.reason`, 'latin1')), `${what} has a reason beside it`);
  }
}

/** A second run has nothing to say and changes nothing. */
export async function isStable(t: Test, site: Site): Promise<void> {
  const before = inodesBelow(site.lab.spool);
  const again = await site.run();
  t.equal(again.status, 0);
  t.equal(again.stderr, '', 'the next run is quiet');
  t.strictSame(inodesBelow(site.lab.spool), before, 'and changes nothing');
}

/** One line for each on standard error, and nothing that could steer a terminal. */
export function areSaid(t: Test, { stderr }: Ran, puts: readonly Put[], line: RegExp): void {
  const lines = stderr.split('\n').filter((text) => line.test(text));
  t.equal(lines.length, puts.length, `a line for each: ${stderr.slice(0, 2000)}`);
  t.notMatch(stderr, /[^\P{Cc}\n]/u, 'no control characters');
}

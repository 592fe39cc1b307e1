/** What an entry may go through: one scenario for each way, each made by the program itself as far as it can. */
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dieAt } from './faults.ts';
import type { Injection } from './lab-kill.ts';
import { idsIn } from './spool-words.ts';
import { postThat, RUN_WORK, type VerdictSlot } from './verdict-site.ts';

/** A command on a spool that was made ready for it. */
export type Scenario = {
  readonly name: string;
  /**
   * Whether the table has it; not when another scenario says the same. An expression: up to the step it fits, since the rest
   * has been told.
   */
  readonly told: boolean | RegExp;
  /** Begins with an empty spool. */
  readonly prepare: (slot: VerdictSlot) => Promise<void>;
  readonly args: (slot: VerdictSlot) => readonly string[];
  readonly input?: string;
  /** What goes wrong on the way. */
  readonly trouble?: Injection;
};

const run = () => RUN_WORK;
const put = (subject: string) => (slot: VerdictSlot) => slot.put(subject);
/** A move of what lies in the queue that gives verdicts; what was handed on is left alone. */
const queueMove = (name: string) => (slot: VerdictSlot) => [
  'queue',
  name,
  ...idsIn(join(slot.spool, 'work')),
];

/** Puts a post, and lets a run pass over it. */
const putAndDrain = (subject: string) => async (slot: VerdictSlot) => {
  await slot.put(subject);
  await slot.drain();
};

/** Spoils every entry in `new`. */
function spoil(slot: VerdictSlot): void {
  const directory = join(slot.spool, 'work/new');
  for (const name of readdirSync(directory)) writeFileSync(join(directory, name), 'no entry\n');
}

/** Puts a post, and lets runs die over it. */
const putAndDie =
  (subject: string, at: RegExp, times = 1) =>
  async (slot: VerdictSlot) => {
    await slot.put(subject);
    for (let time = 0; time < times; time++) await dieAt(slot, RUN_WORK, at);
  };

/** Longer ago than any producer takes, milliseconds. */
const TWO_DAYS = 48 * 3_600_000;

async function leaveHalf(slot: VerdictSlot): Promise<void> {
  await dieAt(slot, ['inject', 'friends', '-q', 'work'], /^sync tmp/, postThat('done'));
  const directory = join(slot.spool, 'work/tmp');
  const then = new Date(Date.now() - TWO_DAYS);
  for (const name of readdirSync(directory)) utimesSync(join(directory, name), then, then);
  await slot.put('done');
}

async function putStrangers(slot: VerdictSlot): Promise<void> {
  for (const state of ['new', 'active', 'done', 'deferred'])
    writeFileSync(join(slot.spool, 'work', state, `a-${state}-stranger`), 'no entry\n');
}

/** Puts what is no entry, and lets a run find out. */
async function putBad(slot: VerdictSlot): Promise<void> {
  await slot.put('done');
  spoil(slot);
  await slot.drain();
}

/** All of them. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: '`inject`',
    told: true,
    prepare: async () => {},
    args: () => ['inject', 'friends', '-q', 'work'],
    input: postThat('done'),
  },
  { name: 'done, no outputs', told: true, prepare: put('done'), args: run },
  { name: 'done, with a line in its journal', told: true, prepare: put('noted'), args: run },
  { name: 'done, with outputs for two other queues', told: true, prepare: put('hop'), args: run },
  { name: 'defer', told: true, prepare: put('later'), args: run },
  {
    name: 'deferred, now due',
    told: true,
    args: run,
    prepare: async (slot) => {
      await putAndDrain('soon')(slot);
      await sleep(800);
    },
  },
  { name: 'hold, with an output', told: true, prepare: put('hold'), args: run },
  { name: 'shunt', told: true, prepare: put('shunt'), args: run },
  { name: 'failed for the last time', told: false, prepare: put('fail'), args: run },
  {
    name: 'not readable as an entry',
    told: true,
    args: run,
    prepare: async (slot) => {
      await slot.put('done');
      spoil(slot);
    },
  },
  { name: 'names that are no entry’s', told: false, prepare: putStrangers, args: run },
  {
    name: 'put back, for no output can be written',
    told: / → new.X$/,
    prepare: put('hop'),
    args: run,
    trouble: { name: 'fchmod', when: '1+', fault: 'error=ENOSPC' },
  },
  {
    name: 'a run died over it',
    told: /^rename new.X,c1 /,
    prepare: putAndDie('done', /^unlink active/),
    args: run,
  },
  {
    name: 'a run died before the commit',
    told: /^rename new.X,c1 /,
    prepare: putAndDie('hop', /^rename active.* → done/),
    args: run,
  },
  { name: 'a run died after the commit', told: true, prepare: putAndDie('hop', /^sync done/), args: run },
  {
    name: 'a run died after it held it',
    told: true,
    prepare: putAndDie('hold', /^rename next.tmp/),
    args: run,
  },
  { name: 'three runs died over it', told: true, prepare: putAndDie('done', /^unlink active/, 3), args: run },
  { name: 'a producer died two days ago', told: /^rename new.X /, prepare: leaveHalf, args: run },
  { name: '`queue hold`', told: true, prepare: put('done'), args: queueMove('hold') },
  {
    name: '`queue hold` of what is deferred',
    told: false,
    prepare: putAndDrain('later'),
    args: queueMove('hold'),
  },
  { name: '`queue release`', told: true, prepare: putAndDrain('hold'), args: queueMove('release') },
  {
    name: '`queue release` of what was shunted',
    told: false,
    prepare: putAndDrain('shunt'),
    args: queueMove('release'),
  },
  { name: '`queue release` of what is bad', told: false, prepare: putBad, args: queueMove('release') },
  { name: '`queue delete`', told: true, prepare: putAndDrain('shunt'), args: queueMove('delete') },
  {
    name: '`queue delete` of what is held',
    told: false,
    prepare: putAndDrain('hold'),
    args: queueMove('delete'),
  },
  { name: '`queue delete` of what is bad', told: false, prepare: putBad, args: queueMove('delete') },
];

/**
 * A command's steps, recorded once, and the same command struck at one of them.
 *
 * A run under strace that was not struck where it was meant to be (a sync that took long goes to another thread) is made
 * again a few times; then it is an error.
 */
import { join, relative } from 'node:path';
import { type Fault, type Injection, SAME_PIDS, type Traced, type TraceOptions } from './lab-kill.ts';
import type { Copy, Slot } from './slot.ts';
import { idsIn, makeWords, type Words } from './spool-words.ts';
import { type Call, type Step, stepsBelow } from './trace.ts';

/** A command on what lies in a copy. */
export type Command = {
  readonly from: Copy;
  readonly args: readonly string[];
  readonly input?: string;
  /** What goes wrong in every run of it, also in the calm one. */
  readonly trouble?: Injection;
  /** Opening a file to read it is a step too. */
  readonly reads?: boolean;
};

/** One step of a command, in words. */
export type PlannedStep = { readonly step: Step; readonly text: string };

/** What a command does when nothing strikes it. */
export type Plan = Command & {
  /** Files whose names are the same in every run. */
  readonly steady: ReadonlySet<string>;
  readonly steps: readonly PlannedStep[];
  readonly words: Words;
  readonly ran: Traced;
};

const TRIES = 12;
/** The queue whose name is left out of the words. */
const HOME = 'work';
const HAS_PID = /\.\d+\.tmp$/;
const DIRECTORY = /(^|\/)(tmp|new|active|done|deferred|held|shunt|bad|journal|MINUTE|bell)$/;

/** Letters for what lies in a slot now, the first ones for what lies at home: outputs are as old as their input. */
export function wordsOf(slot: Slot): Words {
  return makeWords(HOME, [...idsIn(join(slot.spool, HOME)), ...idsIn(slot.spool)]);
}

function inWords(slot: Slot, words: Words, { verb, paths }: Step): string {
  const names = paths.map((path) => {
    const name = words.text(relative(slot.site, path).replace(/^spool\//, ''));
    return DIRECTORY.test(name) ? `${name}/` : name;
  });
  return `${verb} ${names.join(' → ')}`;
}

function touched(slot: Slot, calls: readonly Call[], reads = false): Step[] {
  return stepsBelow(calls, [slot.spool, join(slot.site, 'state')], reads);
}

/** Steps that were carried out, or that the process was killed in. Those that failed changed nothing. */
function stepsOf(slot: Slot, words: Words, calls: readonly Call[], reads?: boolean): PlannedStep[] {
  return touched(slot, calls, reads)
    .filter(({ end }) => end !== 'failed')
    .map((step) => ({ step, text: inWords(slot, words, step) }));
}

/**
 * The files whose names another run has as well. Ids of a producer are new each time, those of outputs begin as the id of
 * their input does; and what is written under a name of its own first has the process id in it.
 */
function steadyPaths(slot: Slot, steps: readonly PlannedStep[]): Set<string> {
  const times = new Set(idsIn(slot.spool).map((id) => id.slice(0, 16)));
  const paths = steps.flatMap(({ step }) => step.paths);
  return new Set(
    paths.filter((path) => {
      const ids = [...path.matchAll(/\d{16}-[0-9a-f]{20}/g)].map(([id]) => id);
      return (SAME_PIDS || !HAS_PID.test(path)) && ids.every((id) => times.has(id.slice(0, 16)));
    }),
  );
}

/** Runs the command and records what it does. The slot is left as it was after it. */
export async function record(slot: Slot, command: Command): Promise<Plan> {
  const { from, args } = command;
  for (let tries = 1; ; tries++) {
    slot.restore(from);
    const before = wordsOf(slot);
    const ran = await slot.trace(args, optionsOf(command));
    const steps = stepsOf(slot, before.copy(), ran.calls, command.reads);
    const first = steps[0]?.step.thread;
    const together = steps.every(({ step }) => step.thread === first);
    if (!together && tries < TRIES) continue;
    slot.restore(from);
    const steady = steadyPaths(slot, steps);
    const words = before.copy();
    for (const path of steady) words.text(path);
    return { ...command, steps, words, steady, ran };
  }
}

/** A run with a fault; whether only calls about files with steady names were looked at. */
type Shot = { readonly ran: Traced; readonly steadyOnly: boolean };

/** What was seen of a struck run, in words, and how it ended. */
export type Struck = { readonly ran: Traced; readonly words: Words };

/** Runs the command on what lies in the slot, struck by nothing but its own trouble. */
export async function runCalmly(slot: Slot, command: Command): Promise<Traced> {
  return slot.trace(command.args, optionsOf(command));
}

const isSteady = ({ steady }: Plan, { paths }: Call) => paths.some((path) => steady.has(path));

/**
 * Where strace shall strike. Calls about files with steady names are counted among themselves: what Node does beside them
 * is not always the same. Otherwise the count may be off, and `tries` says how often it was.
 */
function aim(plan: Plan, { step }: PlannedStep, tries: number): { only?: string[]; ordinal: number } {
  if (!isSteady(plan, step)) {
    const shift = Math.floor(tries / 3) * (tries % 2 === 0 ? 1 : -1);
    return { ordinal: Math.max(1, step.ordinal + shift) };
  }
  const { calls } = plan.ran;
  const before = calls.filter(
    (call) =>
      call.thread === step.thread &&
      call.name === step.name &&
      call.ordinal <= step.ordinal &&
      isSteady(plan, call),
  );
  return { only: [...plan.steady], ordinal: before.length };
}

/**
 * Whether the step can be hit: write(2) is called beside it so often, and by other threads, that only among calls about
 * the same file it can be counted.
 */
export function canStrike(plan: Plan, { step }: PlannedStep): boolean {
  return isSteady(plan, step) || step.name !== 'write' || !step.paths.some((path) => HAS_PID.test(path));
}

/** Runs the plan's command again with a fault at one of its steps, or near it: `tries` counts from 1. */
export async function shoot(slot: Slot, plan: Plan, index: number, fault: Fault, tries = 1): Promise<Shot> {
  const target = plan.steps[index];
  if (target === undefined) throw new Error(`no step ${index}`);
  slot.restore(plan.from);
  const { only, ordinal } = aim(plan, target, tries);
  const options = optionsOf(plan, { name: target.step.name, when: `${ordinal}`, fault });
  return {
    ran: await slot.trace(plan.args, only ? { ...options, only } : options),
    steadyOnly: only !== undefined,
  };
}

/** The same, exactly there. @throws when it cannot be struck there */
export async function strike(slot: Slot, plan: Plan, index: number, fault: Fault): Promise<Struck> {
  let seen = '';
  for (let tries = 1; tries <= TRIES; tries++) {
    const { ran, steadyOnly } = await shoot(slot, plan, index, fault, tries);
    const words = plan.words.copy();
    const here = whereStruck(slot, words.copy(), ran.calls, plan);
    const wanted = plan.steps
      .slice(0, index + 1)
      .filter(({ step }) => !steadyOnly || isSteady(plan, step))
      .map(({ text }) => text);
    if (here?.join('\n') === wanted.join('\n')) return { ran, words };
    seen = here?.at(-1) ?? `nothing: it ended with ${ran.status ?? ran.signal}`;
  }
  throw new Error(`wanted ${fault} at step ${index + 1}, ${plan.steps[index]?.text}; struck ${seen}`);
}

function optionsOf({ trouble, input = '' }: Command, injection?: Injection): TraceOptions {
  return { injections: [trouble ?? [], injection ?? []].flat(), input };
}

/** The steps up to the one that was struck, in words; `null` when none was. */
function whereStruck(
  slot: Slot,
  words: Words,
  calls: readonly Call[],
  { trouble, reads }: Command,
): string[] | null {
  const steps = touched(slot, calls, reads);
  const at = steps.findIndex(
    ({ end, injected, name }) => end === 'entered' || (injected && name !== trouble?.name),
  );
  if (at < 0) return null;
  return steps
    .slice(0, at + 1)
    .filter(({ end }, index) => end !== 'failed' || index === at)
    .map((step) => inWords(slot, words, step));
}

/** Lets a command die at the first step whose words fit. The slot is left as it was then. @throws when there is none */
export async function dieAt(slot: Slot, args: readonly string[], at: RegExp, input?: string): Promise<void> {
  const command = { from: slot.save(), args, ...(input === undefined ? {} : { input }) };
  const plan = await record(slot, command);
  const index = plan.steps.findIndex(({ text }) => at.test(text));
  if (index < 0) throw new Error(`no step ${at} in:\n${plan.steps.map(({ text }) => text).join('\n')}`);
  await strike(slot, plan, index, 'signal=SIGKILL');
}

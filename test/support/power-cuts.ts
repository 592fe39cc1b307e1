/**
 * Cuts the power after every call of a recording, in several ways each time, and asks a judge about what is left.
 */
import { type Effects, NOTHING, type Outcome } from './power-account.ts';
import { Disk, type Step, type Survivor } from './power-disk.ts';
import type { Promises, Recording } from './power-record.ts';
import type { Call } from './power-trace.ts';
import { fingerprint, type Tree } from './power-tree.ts';

/** What a cut left, what had been promised by then, and what had been done outside. */
export type Left = {
  readonly tree: Tree;
  readonly allowed: ReadonlyMap<string, readonly Outcome[]>;
  readonly effects: Effects;
};

/** Says what is wrong when life goes on from there. */
export type Judge = (left: Left) => Promise<readonly string[]>;

/** A sync of a recording: which, from 1, and the steps that it made safe. */
export type Sync = { readonly number: number; readonly steps: readonly Step[] };

/** How the cuts are made. */
export type CutOptions = {
  /** The sync that is left out, as if it was not in the program; cuts before it are not made. */
  readonly without?: number;
  /** What is left and known to be well; what turns out well is added. */
  readonly well: Set<string>;
  readonly seed: number;
};

/** What the cuts brought. */
export type Verdict = {
  readonly cuts: number;
  /** Cuts that left something new. */
  readonly judged: number;
  readonly wrong: readonly string[];
};

/** Of several directories made one after the other, a cut is made after one in so many, and after the last. */
const MKDIR_STEP = 12;

/** Numbers between 0 and 1 that follow from the seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const inDirectory = (step: Step, directory: number) =>
  step.names.some((change) => change.directory === directory);

/** The ways in which un-synced steps survive a cut. */
function survivors(unsafe: readonly Step[], seed: number): [name: string, survivor: Survivor][] {
  /** Each step survives with a likelihood; of a write perhaps only the first bytes. */
  const random = (number: number, likelihood: number): Survivor => {
    const next = randomFrom(seed + number);
    const shares = new Map(
      unsafe.map(({ data, number: step }) => {
        const survives = next() < likelihood;
        return [step, survives ? 1 : data && next() < 0.5 ? next() : 0];
      }),
    );
    return ({ number: step }) => shares.get(step) ?? 0;
  };
  // Not the bells: they are hints, and the seeds mix them.
  const told = unsafe.filter(({ paths }) => !paths.some((path) => path.startsWith('spool/bell/')));
  const directories = new Set(told.flatMap(({ names }) => names.map(({ directory }) => directory)));
  return [
    ['nothing un-synced', () => 0],
    ['everything', () => 1],
    ['names without bytes', ({ data }) => (data ? 0 : 1)],
    ['bytes without names', ({ data }) => (data ? 1 : 0)],
    ['the last step only', (step) => Number(step === unsafe.at(-1))],
    ...[...directories].flatMap((directory): [string, Survivor][] => [
      [`directory ${directory} only`, (step) => Number(inDirectory(step, directory))],
      [`all but directory ${directory}`, (step) => Number(!inDirectory(step, directory))],
    ]),
    ...[0.5, 0.7, 0.9].map((likelihood, number): [string, Survivor] => [
      `with likelihood ${likelihood}, seed ${seed + number}`,
      random(number, likelihood),
    ]),
  ];
}

const EFFECT = /effect ([\w/@.-]+)/g;

/** Makes the cuts; with a sync left out, ends at the first that brings something wrong. */
export async function cutEverywhere(
  recording: Recording,
  judge: Judge,
  options: CutOptions,
): Promise<Verdict> {
  const { well, without = null, seed } = options;
  let directoriesMade = 0;
  const disk = new Disk(recording.root, recording.base);
  const allowed = new Map(Object.entries(recording.before));
  const effects = new Map<string, number>();
  const wrong: string[] = [];
  let [cuts, judged, syncs, calls] = [0, 0, 0, 0];

  const cut = async (what: string): Promise<void> => {
    const facts = JSON.stringify([[...allowed], [...effects]]);
    const unsafe = disk.unsafe();
    for (const [name, survivor] of survivors(unsafe, seed + 3 * calls)) {
      if (without !== null && wrong.length > 0) return;
      cuts++;
      const tree = disk.cut(survivor);
      const key = `${fingerprint(tree)} ${facts}`;
      if (well.has(key)) continue;
      judged++;
      const found = await judge({ tree, allowed, effects });
      if (found.length === 0) well.add(key);
      else wrong.push(...found.map((words) => `cut after ${what}, survived: ${name}: ${words}`));
    }
  };

  const apply = (call: Call, next?: Call): boolean => {
    if (call.kind === 'outside') {
      const done = [...call.text.matchAll(EFFECT)];
      for (const [, effect = ''] of done) effects.set(effect, (effects.get(effect) ?? 0) + 1);
      return done.length > 0;
    }
    if (call.kind === 'sync-ends' && ++syncs === without) return true;
    disk.apply(call);
    // A spool is some hundred directories: not after each of them.
    if (call.kind === 'mkdir' && next?.kind === 'mkdir') return ++directoriesMade % MKDIR_STEP === 0;
    return call.kind === 'open'
      ? call.create || call.truncate
      : !['close', 'sync-begins'].includes(call.kind);
  };

  for (const { calls: made, promises } of recording.commands) {
    for (const [token, outcomes] of Object.entries(promises)) {
      allowed.set(token, [...(allowed.get(token) ?? [NOTHING]), ...outcomes]);
    }
    for (const [index, call] of made.entries()) {
      calls++;
      const changes = apply(call, made[index + 1]);
      if (changes && (without === null || syncs >= without)) await cut(`call ${calls} (${describe(call)})`);
      if (without !== null && wrong.length > 0) break;
    }
    disk.closeAll();
    for (const [token, outcomes] of Object.entries(promises)) allowed.set(token, outcomes);
    if (without === null || syncs >= without) await cut(`call ${calls}, the command's end`);
  }
  return { cuts, judged, wrong };
}

function describe(call: Call): string {
  if (call.kind === 'rename' || call.kind === 'link') return `${call.kind} to ${call.to}`;
  return 'path' in call ? `${call.kind} ${call.path}` : call.kind;
}

/** The syncs of a recording in order. */
export function syncsOf(recording: Recording): Sync[] {
  const disk = new Disk(recording.root, recording.base);
  const syncs: Sync[] = [];
  for (const { calls } of recording.commands) {
    for (const call of calls) {
      if (call.kind === 'sync-ends')
        syncs.push({ number: syncs.length + 1, steps: disk.covered(call.thread) });
      disk.apply(call);
    }
    disk.closeAll();
  }
  return syncs;
}

/** Every step of a recording. */
export function stepsOf(recording: Recording): Step[] {
  const disk = new Disk(recording.root, recording.base);
  for (const { calls } of recording.commands) {
    for (const call of calls) if (call.kind !== 'sync-ends') disk.apply(call);
    disk.closeAll();
  }
  return disk.unsafe();
}

/** The first moment at which a kill leaves a tree with such paths, and what was promised by then. @throws when there is none */
export function firstTree(
  recording: Recording,
  isWanted: (paths: readonly string[]) => boolean,
): { readonly base: Tree; readonly before: Promises } {
  const disk = new Disk(recording.root, recording.base);
  let before = recording.before;
  for (const { calls, promises } of recording.commands) {
    for (const call of calls) {
      disk.apply(call);
      const base = disk.cut(() => 1);
      if (isWanted([...base.keys()])) return { base, before };
    }
    before = { ...before, ...promises };
    disk.closeAll();
  }
  throw new Error('no such moment in the recording');
}

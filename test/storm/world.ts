/** What all who take part in a storm share: the site, the dice, what was accepted, and what went wrong. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../support/lab.ts';
import type { Dice } from './dice.ts';

/** A message that somebody tried to hand in. */
export type Tried = {
  readonly token: string;
  readonly queue: string;
  /** The entry's id when it is known. */
  readonly id: string | null;
  /** Whether the producer was told that it is accepted; otherwise it may be there or not. */
  readonly accepted: boolean;
};

/** A storm. */
export type World = {
  readonly lab: Lab;
  /** The environment of the runs: with the place for receipts. */
  readonly env: Readonly<Record<string, string>>;
  readonly dice: (purpose: string) => Dice;
  /** By token. */
  readonly tried: Map<string, Tried>;
  /** Ids an operator deleted; `false` when he was killed and nobody knows. */
  readonly deleted: Map<string, boolean>;
  /** How many processes were killed or told to end, by what they were. */
  readonly counts: Map<string, number>;
  /** Names of runs that were ended by SIGKILL: the only ones whose work may be done again. */
  readonly killedRuns: Set<string>;
  readonly wrong: string[];
  /** True when the time is over. */
  readonly isOver: () => boolean;
};

/** What runs killed by SIGKILL are counted as. */
export const KILLED_RUNS = 'runs killed';

/** Counts something for the report. */
export function count({ counts }: World, what: string, more = 1): void {
  counts.set(what, (counts.get(what) ?? 0) + more);
}

/** How a process of the storm ended. */
export type Gone = {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The signal the storm sent while it was still there. */
  readonly sent: NodeJS.Signals | null;
};

/** A signal, sent after so many milliseconds, when the process is still there. */
export type Strike = { readonly afterMs: number; readonly signal: 'SIGKILL' | 'SIGTERM' };

/** How a process is treated. */
export type Treatment = {
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  readonly strike?: Strike | null;
};

/** Longer than this nothing of a storm takes, milliseconds: what does is stuck. */
const STUCK_MS = 240_000;

/** Runs a process to its end, whether that is its own or not. @throws when it does not end at all */
export async function live(
  command: readonly string[],
  { env, input = '', strike = null }: Treatment,
): Promise<Gone> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text));
  }
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  let sent: NodeJS.Signals | null = null;
  let isStuck = false;
  const hit = (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null && child.kill(signal)) sent = signal;
  };
  const timers = [
    setTimeout(() => {
      isStuck = true;
      hit('SIGKILL');
    }, STUCK_MS),
  ];
  if (strike) timers.push(setTimeout(() => hit(strike.signal), strike.afterMs));
  try {
    const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, name) => resolve([code, name]));
    });
    if (isStuck) throw new Error(`did not end within ${STUCK_MS} ms: ${command.join(' ')}: ${said.stderr}`);
    return { ...said, status, signal, sent };
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

/** Does something again and again until the time is over; an error ends it and counts as wrong. */
export async function untilOver(world: World, what: string, act: () => Promise<void>): Promise<void> {
  try {
    while (!world.isOver()) await act();
  } catch (error) {
    world.wrong.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Waits, but not longer than the storm. */
export async function pause(world: World, ms: number): Promise<void> {
  if (!world.isOver()) await sleep(ms);
}

/**
 * Loaded into a run before it starts (node --import): a mine that kills the process at a call of the file
 * system, just before it or just after. What strace does more exactly, this does at full speed and in numbers.
 */
import fs from 'node:fs';

/** Where {@link Mine} stands in the environment, as JSON. */
export const MINE = 'STORM_MINE';

/** The calls that can be mined. */
export const MINED_CALLS = ['renameSync', 'unlinkSync', 'fsyncSync', 'openSync'] as const;

/** A mine. */
export type Mine = {
  readonly call: (typeof MINED_CALLS)[number];
  /** The last argument that is a path must contain this; calls without a path count always. */
  readonly path: string;
  /** Which of these calls, from 1. */
  readonly number: number;
  readonly when: 'before' | 'after';
};

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

function lay({ call, path, number, when }: Mine): void {
  let left = number;
  const real: unknown = Reflect.get(fs, call);
  if (typeof real !== 'function') throw new Error(`no function ${call} in node:fs`);
  Reflect.set(fs, call, (...args: unknown[]): unknown => {
    const target = args.filter((arg) => typeof arg === 'string').at(-1);
    const isIt = (target === undefined || target.includes(path)) && --left === 0;
    if (isIt && when === 'before') die();
    const result: unknown = Reflect.apply(real, fs, args);
    if (isIt) die();
    return result;
  });
}

const mine = process.env[MINE];
if (mine !== undefined) lay(JSON.parse(mine));

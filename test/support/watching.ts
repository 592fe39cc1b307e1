/** `qrunner --watch` as a process of its own, and what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Test } from 'tap';
import { builtProgram } from './lab-program.ts';
import { until } from './program.ts';
import { privateEnv } from './site-rig.ts';

/** A watching process. */
export type Watching = {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it wrote to standard error so far. */
  readonly err: () => string;
  readonly out: () => string;
  /** How many times it has said this. */
  readonly count: (text: string) => number;
  /** Resolves when it has said this, `times` times. */
  readonly said: (text: string, times?: number) => Promise<void>;
  /** Resolves when it has come to rest and says nothing for a while; with -v only. */
  readonly rests: () => Promise<void>;
  /** Sends a signal, SIGTERM when left out; resolves with its end and how long that took, milliseconds. */
  readonly end: (signal?: NodeJS.Signals) => Promise<{ status: number | null; ms: number }>;
};

/** How it is started. */
export type WatchingOptions = {
  /** Words before the program's own: another program that runs it. */
  readonly before?: readonly string[];
  /** Node's own options. */
  readonly node?: readonly string[];
};

/** Starts it on the site in `dir`; it is killed at the end of the test. Resolves when it has drained once. */
export async function startWatching(
  t: Test,
  dir: string,
  args: readonly string[] = ['-v', '--all'],
  { before = [], node = [] }: WatchingOptions = {},
): Promise<Watching> {
  if (builtProgram === null) throw new Error('no dist/qrunner.cjs: run node build.mjs');
  const words = [...before, process.execPath, ...node, builtProgram, '--config', dir, ...args, '--watch'];
  const child = spawn(words[0] ?? '', words.slice(1), {
    env: privateEnv(dir),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (text.err += chunk.toString('utf8')));
  let status: number | null | undefined;
  child.on('close', (code) => {
    status = code;
  });
  t.teardown(() => child.kill('SIGKILL'));
  const count = (what: string) => text.err.split(what).length - 1;
  const said = (what: string, times = 1) =>
    until(`${what} (${times} times) in: ${text.err}`, () => {
      if (status !== undefined) throw new Error(`it has ended with ${status}: ${text.err}`);
      return count(what) >= times;
    });
  await said('watch-start');
  if (args.includes('-v')) await said('watch-turn');
  return {
    child,
    pid: child.pid ?? 0,
    err: () => text.err,
    out: () => text.out,
    count,
    said,
    rests: async () => {
      let last = '';
      let since = performance.now();
      await until(`at rest: ${text.err}`, () => {
        if (text.err !== last) since = performance.now();
        last = text.err;
        return /watch-turn [^\n]*\n$/.test(last) && performance.now() - since > 200;
      });
    },
    end: async (signal = 'SIGTERM') => {
      const started = performance.now();
      child.kill(signal);
      await until('it ends', () => status !== undefined);
      return { status: status ?? null, ms: performance.now() - started };
    },
  };
}

/** What a process has used of a CPU so far, in ticks of 10 ms. */
export function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Resident memory of a process, megabytes. */
export function residentOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/**
 * A program under strace, which kills it, or lets one of its calls fail, at a chosen place.
 *
 * strace counts calls for each thread; so the pool of the program has only one.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Ran, runProgram } from './lab.ts';
import { type Call, CHANGING_CALLS, parseTrace } from './trace.ts';

/** What is done to a call: `signal=SIGKILL`, which comes before the call is carried out, or `error=ENOSPC`. */
export type Fault = 'signal=SIGKILL' | `error=${string}`;

/** A fault at the N-th call of a name, or, with a plus, at all from there on. */
export type Injection = {
  readonly name: string;
  readonly when: `${number}` | `${number}+`;
  readonly fault: Fault;
};

/** How a program ended, and what it did on the way. */
export type Traced = Ran & { readonly calls: readonly Call[] };

/** How a program is traced. */
export type TraceOptions = {
  readonly injections?: readonly Injection[];
  /** Only calls about these files are traced, and counted; all when left out. */
  readonly only?: readonly string[];
  /** Standard input. */
  readonly input?: string | Buffer;
};

/** In a space of process ids of its own a program has the same id in every run. */
const OWN_PIDS = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];

/** Whether names with a process id in them are the same in every traced run; not where that needs more rights. */
export const SAME_PIDS =
  spawnSync(OWN_PIDS[0] ?? '', [...OWN_PIDS.slice(1), 'true'], { stdio: 'ignore' }).status === 0;

/** What a shell says of a program that was killed by SIGKILL, and strace when it cannot kill itself. */
const KILLED = 128 + 9;

/** Runs a program under strace. Killed, it has the signal SIGKILL. `scratch`: a directory for strace's own file. */
export async function runTraced(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  scratch: string,
  { injections = [], only = [], input = '' }: TraceOptions = {},
): Promise<Traced> {
  const directory = mkdtempSync(join(scratch, 'strace-'));
  const file = join(directory, 'trace');
  try {
    // Without --seccomp-bpf, with which strace 6.1 injects nothing.
    const options = ['-f', '-y', '-qq', '-s', '0', '-o', file, '-e', `trace=${CHANGING_CALLS}`];
    const faults = injections.flatMap(({ name, when, fault }) => [
      '-e',
      `inject=${name}:${fault}:when=${when}`,
    ]);
    const paths = only.flatMap((path) => ['-P', path]);
    const ran = await runProgram(
      [...(SAME_PIDS ? OWN_PIDS : []), 'strace', ...options, ...paths, ...faults, ...command],
      { ...env, UV_THREADPOOL_SIZE: '1' },
      { input },
    );
    const ended = ran.status === KILLED ? ({ status: null, signal: 'SIGKILL' } as const) : {};
    return { ...ran, ...ended, calls: parseTrace(readFileSync(file, 'utf8')) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

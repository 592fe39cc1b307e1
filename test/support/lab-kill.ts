/** Kills a program at a system call: strace sends SIGKILL when a thread enters its N-th call of a kind. */
import { type Ran, runProgram } from './lab.ts';

/** Where a program is killed. */
export type Point = {
  /** System calls as strace names them, `rename,renameat,renameat2`; they are counted together. */
  readonly calls: string;
  /** Which of them, from 1. */
  readonly number: number;
};

/** Runs a program under strace. Killed, it has the signal SIGKILL; with fewer such calls it ends by itself. */
export async function runAndKill(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  { calls, number }: Point,
  input: string | Buffer = '',
): Promise<Ran> {
  // Without --seccomp-bpf, with which strace 6.1 counts wrongly.
  const options = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`];
  const fault = ['-e', `inject=${calls}:signal=SIGKILL:when=${number}`];
  // strace counts for each thread, so the pool has only one. The killed call itself is not carried out.
  return runProgram(
    ['strace', ...options, ...fault, ...command],
    { ...env, UV_THREADPOOL_SIZE: '1' },
    { input },
  );
}

/**
 * Records what the built program does to a directory, call by call, over several commands one after the other.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Lab, runProgram } from './lab.ts';
import type { Outcome } from './power-account.ts';
import { type Call, parseTrace, TRACED } from './power-trace.ts';
import { type Tree, writeTree } from './power-tree.ts';

/** What may become of a message from now on, by its token: each an outcome that is right. */
export type Promises = Readonly<Record<string, readonly Outcome[]>>;

/** One command, and what it promises. */
export type Command = {
  /** Arguments; asked for when it is the command's turn. */
  readonly args: () => readonly string[];
  readonly input?: string;
  /** What its exit status 0 promises; while it runs, this may have happened or not. Empty for a run. */
  readonly promises?: Promises;
};

/** A command and its calls. */
export type Recorded = { readonly calls: readonly Call[]; readonly promises: Promises };

/** What was recorded in the directory `root`, which began as `base`. */
export type Recording = {
  readonly root: string;
  readonly base: Tree;
  /** What is promised of the messages that lie in `base`. */
  readonly before: Promises;
  readonly commands: readonly Recorded[];
};

/** Runs the commands under strace. @throws when one does not exit 0 */
export async function record(
  lab: Lab,
  root: string,
  commands: readonly Command[],
  { base = new Map(), before = {} }: { readonly base?: Tree; readonly before?: Promises } = {},
): Promise<Recording> {
  writeTree(root, base);
  const recorded: Recorded[] = [];
  for (const [index, { args, input = '', promises = {} }] of commands.entries()) {
    const file = join(lab.root, `trace-${index}`);
    // Bytes in hexadecimal and in full, descriptors with their paths.
    const options = ['-f', '-qq', '-y', '-xx', '-s', '16777216', '-e', `trace=${TRACED}`, '-o', file];
    const command = ['strace', ...options, ...lab.command(), ...args()];
    // The model wants calls, not a ring of requests.
    const { status, stderr } = await runProgram(command, { ...lab.env, UV_USE_IO_URING: '0' }, { input });
    if (status !== 0) throw new Error(`qrunner ${args().join(' ')} ended with ${status}: ${stderr}`);
    recorded.push({ calls: parseTrace(readFileSync(file, 'latin1'), root), promises });
  }
  return { root, base, before, commands: recorded };
}

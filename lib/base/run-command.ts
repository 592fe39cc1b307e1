/**
 * Runs a command: something on its standard input, its exit status and the end of its output back. No shell.
 *
 * Promises: the environment is a new one, PATH, HOME, LANG, TZ, TMPDIR and what is given. The command has a process group of
 * its own, which is told to end by SIGTERM when time is up or the signal is aborted, and by SIGKILL after the grace. It
 * may end without reading its input. Input that breaks kills it before it could take what came for the whole.
 * Fails: throws the system's error when it cannot be started, and the input's when that breaks.
 */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isPipeClosed } from './errors.ts';

/** What is kept of a command's output, bytes; the end of it, where the error stands. */
const OUTPUT_LIMIT = 8 * 1024;

/** A command with its arguments, and how long it may take. */
export type CommandSettings = {
  readonly command: readonly string[];
  /** Milliseconds. */
  readonly timeoutMs: number;
  /** How long it may take to end after SIGTERM before it gets SIGKILL, milliseconds. @default 5000 */
  readonly graceMs?: number;
  /**
   * How long what it left in the background may hold on to its output after it has ended, milliseconds; then the
   * command counts as ended, and what it left goes on. Without it, both are waited for together.
   */
  readonly lingerMs?: number;
};

/** How a command ended. */
export type CommandEnd = {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  /** We ended it, because the signal was aborted. */
  readonly stopped: boolean;
  /** The end of what it printed, standard output and errors together. */
  readonly output: string;
};

/**
 * Runs it with `input` on its standard input and `variables` in its environment.
 *
 * @throws the system's error when it cannot be started; what `input` throws
 */
export async function runCommand(
  { command, timeoutMs, graceMs = 5_000, lingerMs }: CommandSettings,
  input: Readable,
  variables: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<CommandEnd> {
  const [file = '', ...args] = command;
  const inherited = Object.fromEntries(
    ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  // A group of its own, so that the command's children end with it.
  const child = spawn(file, args, {
    env: { ...inherited, ...variables },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let output = Buffer.alloc(0);
  const keep = (chunk: Buffer) => {
    output = Buffer.concat([output, chunk]);
    if (output.length > OUTPUT_LIMIT) output = output.subarray(output.length - OUTPUT_LIMIT);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);

  let timedOut = false;
  const kill = (name: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // It has ended already.
    }
  };
  let force: NodeJS.Timeout | undefined;
  let linger: NodeJS.Timeout | undefined;
  child.on('exit', () => {
    if (lingerMs === undefined) return;
    linger = setTimeout(() => {
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    }, lingerMs);
  });
  const end = () => {
    kill('SIGTERM');
    force ??= setTimeout(() => kill('SIGKILL'), graceMs);
  };
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, timeoutMs);
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  try {
    const ended = new Promise<{ status: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, name) => resolve({ status, signal: name }));
    });
    // Before its input is closed: what cannot be read must not be taken for something short.
    input.once('error', (error) => {
      if (!isPipeClosed(error)) kill('SIGKILL');
    });
    const fed = pipeline(input, child.stdin).catch((error: unknown) => {
      // A command may decide without reading all: a closed pipe is no error.
      if (!isPipeClosed(error)) throw error;
    });
    const [result] = await Promise.all([ended, fed]);
    return {
      ...result,
      timedOut,
      stopped: signal?.aborted === true && !timedOut,
      output: output.toString('utf8').trim(),
    };
  } finally {
    clearTimeout(timer);
    clearTimeout(force);
    clearTimeout(linger);
    signal?.removeEventListener('abort', end);
  }
}

/** What a command has of the world: its streams and its environment, so that tests can own them. */
import { fstatSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

/** Streams and environment of one call. */
export type Io = {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
  /** Whether standard output is a terminal, where that can be told without opening it. */
  readonly stdoutIsTerminal?: boolean;
};

/** Streams whose reader may go away (`| head`), which is no trouble of ours. */
const watched = new WeakSet<Writable>();

function write(stream: Writable, text: string): void {
  if (!watched.has(stream)) {
    watched.add(stream);
    stream.on('error', () => {});
  }
  stream.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** The process's own. */
export function processIo(): Io {
  return {
    // Getters: opening standard input costs time, and most commands do not read it.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      return process.stderr;
    },
    // A stream on a pipe costs 4 MB and some milliseconds, and a run that finds nothing says nothing.
    get stdoutIsTerminal() {
      try {
        const maybe = process.env.TERM !== undefined && fstatSync(1).isCharacterDevice();
        return maybe && process.stdout.isTTY;
      } catch {
        return false;
      }
    },
    env: process.env,
  };
}

/** Whether standard output is a terminal. */
export function isTerminal(io: Io): boolean {
  return io.stdoutIsTerminal ?? io.stdout.isTTY === true;
}

/** Writes text to standard output. */
export function print(io: Io, text: string): void {
  write(io.stdout, text);
}

/** Writes a line about trouble or progress to standard error. */
export function complain(io: Io, text: string): void {
  write(io.stderr, text);
}

/** Writes a value for machines. */
export function printJson(io: Io, value: unknown): void {
  print(io, JSON.stringify(value));
}

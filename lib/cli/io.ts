/** What a command has of the world: its streams and its environment, so that tests can own them. */
import type { Readable, Writable } from 'node:stream';

/** Streams and environment of one call. */
export type Io = {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
};

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
    env: process.env,
  };
}

/** Writes text to standard output. */
export function print(io: Io, text: string): void {
  io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Writes a line about trouble or progress to standard error. */
export function complain(io: Io, text: string): void {
  io.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Writes a value for machines. */
export function printJson(io: Io, value: unknown): void {
  print(io, JSON.stringify(value));
}

/**
 * Errors that carry an exit status and a sentence for the person who reads it.
 * Anything else that is thrown is a bug or unclassified, and counts as temporary while mail is handled.
 */
import { EX, type ExitStatus } from './sysexits.ts';

/**
 * An expected failure: the message names the action, quotes the value, says what was found and what was wanted.
 * Fails a command with `status`; inside a run it fails the entry, not the run.
 */
export class ExpectedError extends Error {
  /** Exit status of a command that ends by this error. */
  readonly status: ExitStatus;

  constructor(status: ExitStatus, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ExpectedError';
    this.status = status;
  }
}

/** Trouble that may pass: disk full, lock held, permission missing at the moment. Exit status 75. */
export class TemporaryError extends ExpectedError {
  constructor(message: string, options?: ErrorOptions) {
    super(EX.TEMPFAIL, message, options);
    this.name = 'TemporaryError';
  }
}

/** The code of a Node system error (`ENOENT`), or `null` for anything else. */
export function errorCode(error: unknown): string | null {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return null;
}

/** True for an error of the operating system (disk full, no permission), false for a bug or an expected failure. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/** How a pipe says that its reader has gone. */
const PIPE_CLOSED: ReadonlySet<string | null> = new Set([
  'EPIPE',
  'ECONNRESET',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
]);

/** True when the reader of a pipe has gone (`| head`), which is its own decision and no failure. */
export function isPipeClosed(error: unknown): boolean {
  return PIPE_CLOSED.has(errorCode(error));
}

/** The message of whatever was thrown, on one line. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
}

/** Makes an unfinished `switch` a type error; throws if a value of no known type gets here all the same. */
export function unreachable(value: never): never {
  throw new Error(`unreachable value: ${JSON.stringify(value)}`);
}

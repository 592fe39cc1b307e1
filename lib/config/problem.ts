/**
 * A mistake in the configuration: where it is, what it is, what to do about it. A value, never thrown.
 * All mistakes of all files are told at once; nothing is started and nothing is cached while there is one.
 */
import type { Configuration } from './site.ts';

/** One mistake. */
export type Problem = {
  /** The file it is in, as it was opened. */
  readonly file: string;
  /** Counted from 1. The file as a whole is 1:1. */
  readonly line: number;
  /** Counted from 1, in UTF-16 units. */
  readonly column: number;
  /** The key in YAML's own spelling, `transport.type` or `owners[0]`; `''` for the file. */
  readonly path: string;
  /** What was found, the value quoted, and what was wanted. */
  readonly message: string;
  /** What to do: a sentence or a command. */
  readonly fix: string;
};

/** A configuration without a mistake, or the mistakes. */
export type Loaded =
  | { readonly configuration: Configuration; readonly problems: readonly [] }
  | { readonly configuration: null; readonly problems: readonly Problem[] };

/** What a check has to say against a value, before anybody knows which line that is. */
export type Objection = { readonly message: string; readonly fix: string };

/** A problem of a file as a whole, at 1:1. */
export function fileProblem(file: string, { message, fix }: Objection): Problem {
  return { file, line: 1, column: 1, path: '', message, fix };
}

/** Order within one file: from the top down. For `Array.sort`; files keep the order they were read in. */
export function byPosition(a: Problem, b: Problem): number {
  return a.line - b.line || a.column - b.column || a.path.localeCompare(b.path, 'en');
}

/** A value for a message: text in quotes, at most 200 characters of it; what is not one value is named. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 200 ? `${value.slice(0, 199)}…` : value);
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a sequence' : 'a mapping';
}

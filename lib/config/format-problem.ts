/**
 * A problem as two lines for people, in the form that editors and compilers know:
 *
 *     qrunner.yaml:12:9: transport.type: found "smpt", wanted one of maildir, smtp, lmtp
 *         fix: write smtp
 *
 * Promises: nothing quoted from a file can send control characters to a terminal or forge a line.
 */
import path from 'node:path';
import { styleText } from 'node:util';
import type { Problem } from './problem.ts';

/** How a problem is shown. */
export type ProblemFormat = {
  /** Colours and bold, whatever standard output is. The default is none. */
  readonly colour?: boolean;
  /** Files below this directory are named relative to it; others, and all when it is left out, in full. */
  readonly base?: string;
};

/** Control characters as `\u001b`. */
function harmless(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `file` as seen from `base`, when it is below it. */
function shortName(file: string, base: string | undefined): string {
  if (base === undefined) return file;
  const relative = path.relative(base, file);
  return relative === '' || relative.startsWith('..') || path.isAbsolute(relative) ? file : relative;
}

/** Two lines without a final newline: place, key, message; then the fix, indented. */
export function formatProblem(problem: Problem, { colour = false, base }: ProblemFormat = {}): string {
  const style = (format: 'bold' | 'green', text: string) =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  const place = `${shortName(problem.file, base)}:${problem.line}:${problem.column}`;
  const key = problem.path === '' ? '' : `${harmless(problem.path)}: `;
  const fix = `    ${style('green', 'fix:')} ${harmless(problem.fix)}`;
  return `${style('bold', `${harmless(place)}:`)} ${key}${harmless(problem.message)}\n${fix}`;
}

/**
 * The first line of each file that is made: by it a file is known as ours, and whether it is still as it was written.
 * The second one says where changes belong.
 */
import { createHash } from 'node:crypto';

const FIRST = /^# Made by "qrunner units" for ([a-z0-9-]+), ([0-9a-f]{16})$/;

function sum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** The text with its marker. `name`: the name of the set of units; `advice`: a comment line. */
export function seal(name: string, advice: string, text: string): string {
  const body = `${advice}\n\n${text}`;
  return `# Made by "qrunner units" for ${name}, ${sum(body)}\n${body}`;
}

/** What the marker of a file says; `null` when it has none. */
export type Seal = {
  readonly name: string;
  /** Nobody has changed the file since it was written. */
  readonly whole: boolean;
};

/** Reads the marker. */
export function readSeal(text: string): Seal | null {
  const end = text.indexOf('\n');
  const [, name, found] = FIRST.exec(text.slice(0, Math.max(end, 0))) ?? [];
  if (name === undefined) return null;
  return { name, whole: sum(text.slice(end + 1)) === found };
}

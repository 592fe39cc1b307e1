/** `qrunner units print` and `diff`: what is made, and how it differs from what lies there. */
import { join } from 'node:path';
import { styleText } from 'node:util';
import type { Compared } from '../units/compare.ts';
import { unifiedDiff } from '../units/unified-diff.ts';
import type { Context } from './context.ts';
import { isTerminal, print, printJson } from './io.ts';
import { printable } from './table.ts';
import { type PlanOptions, planFor } from './units-plan.ts';

/** Prints every file under its path, or with --json a sequence of paths and texts. */
export async function printUnits(options: PlanOptions, context: Context): Promise<void> {
  const { files, places } = await planFor(options, context);
  const rows = files.map(({ kind, name, text }) => ({ path: join(places[kind], name), text }));
  if (context.globals().json) return printJson(context.io, rows);
  print(context.io, rows.map(({ path, text }) => `# ${path}\n${text}`).join('\n'));
}

/** Prints the differences, or with --json the state of each file and its difference. */
export async function diffUnits(options: PlanOptions, context: Context): Promise<void> {
  const { compared } = await planFor(options, context);
  if (context.globals().json) {
    const rows = compared.map((file) => ({ path: file.path, state: file.state, diff: diffOf(file) }));
    return printJson(context.io, rows);
  }
  showDifferences(compared, context);
  if (compared.every(({ state }) => state === 'same')) print(context.io, 'Nothing differs.');
}

function diffOf({ path, found, wanted }: Compared): string {
  return unifiedDiff(path, found, wanted);
}

/** Writes the differences, coloured on a terminal; nothing when there are none. */
export function showDifferences(compared: readonly Compared[], { io }: Context): void {
  const colour = isTerminal(io);
  for (const file of compared) {
    const diff = diffOf(file);
    if (diff === '') continue;
    print(
      io,
      diff
        .split('\n')
        .map((line) => paint(printable(line), colour))
        .join('\n'),
    );
  }
}

/** The colours of `git diff`. */
function paint(line: string, colour: boolean): string {
  const format = formatOf(line);
  return colour && format !== null ? styleText(format, line, { validateStream: false }) : line;
}

function formatOf(line: string): 'bold' | 'cyan' | 'red' | 'green' | null {
  if (line.startsWith('--- ') || line.startsWith('+++ ')) return 'bold';
  if (line.startsWith('@@')) return 'cyan';
  if (line.startsWith('-')) return 'red';
  return line.startsWith('+') ? 'green' : null;
}

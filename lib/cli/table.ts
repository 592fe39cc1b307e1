/** Rows in aligned columns, for a terminal; the header bold where there is colour. */
import { styleText } from 'node:util';

/** A column: its head, and whether its cells stand to the right (numbers). */
export type Column = { readonly head: string; readonly right?: boolean };

/** The table as text without borders; cli-table3 measures wide characters rightly. */
export async function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly (string | number)[])[],
  colour: boolean,
): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const blank = Object.fromEntries(
    ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
      .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'])
      .map((part) => [part, '']),
  );
  const table = new Table({
    chars: { ...blank, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colAligns: columns.map(({ right }) => (right === true ? 'right' : 'left')),
  });
  const head = columns.map((column) => (colour ? styleText('bold', column.head) : column.head));
  table.push(head, ...rows.map((row) => row.map((cell) => printable(String(cell)))));
  return `${table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}

/** Text from outside without control characters, which a terminal would obey. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (c) => `\\x${(c.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`,
  );
}

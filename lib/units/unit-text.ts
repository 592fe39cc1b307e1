/** The text of a unit file: sections of lines, an unusual line with its reason above it. */

/** `key=value`, and why it is there when that is not plain to see. */
export type Line = readonly [key: string, value: string, reason?: string];

/** A section with its lines; `null` stands for a line that is not wanted. */
export type Section = readonly [name: string, lines: readonly (Line | null)[]];

/** Columns of a comment. */
const WIDTH = 100;

/** Text as comment lines of at most 100 columns. */
export function comment(text: string): string {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH && line !== '#') {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}

/** A unit file. */
export function unitText(sections: readonly Section[]): string {
  return sections
    .map(([name, lines]) => {
      const body = lines
        .filter((line) => line !== null)
        .map(([key, value, reason]) => {
          return `${reason === undefined ? '' : `${comment(reason)}\n`}${key}=${value}\n`;
        });
      return `[${name}]\n${body.join('')}`;
    })
    .join('\n');
}

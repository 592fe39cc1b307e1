/** Plain text for mail, in lines that no mail program has to break (RFC 5322 section 2.1.1). Pure. */

/** Longest line, characters; a word that is longer has a line of its own. */
const WIDTH = 72;

/** `text` in lines. The first begins with `first`, the others with as many blanks. */
export function fill(text: string, first = ''): string {
  const indent = ' '.repeat(first.length);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    if (line !== '' && first.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.map((each, index) => `${index === 0 ? first : indent}${each}`).join('\n');
}

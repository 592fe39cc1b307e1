/** Tables of the documents that a test makes from what it sees. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Set to 1, it lets the tests write the tables instead of comparing them. */
export const UPDATE = 'UPDATE_DOCS';

/**
 * What is to do about the table `name` in a file, between `<!-- NAME: begin -->` and `<!-- NAME: end -->`, or `null`:
 * it is right, or has been written anew.
 * @throws when the file has no place for it
 */
export function compareTable(file: string, name: string, table: string, update: boolean): string | null {
  const first = `<!-- ${name}: begin -->`;
  const last = `<!-- ${name}: end -->`;
  const text = readFileSync(file, 'utf8');
  const begin = text.indexOf(first);
  const end = text.indexOf(last);
  if (begin < 0 || end < begin) throw new Error(`${file} has no lines ${first} and ${last}`);
  const stands = text.slice(begin + first.length, end).trim();
  if (stands === table) return null;
  if (update) {
    writeFileSync(file, `${text.slice(0, begin)}${first}\n${table}\n${text.slice(end)}`);
    return null;
  }
  const lines = new Set(stands.split('\n'));
  const news = table.split('\n').filter((line) => !lines.has(line));
  return `the table in ${file} is not what was seen; look at these rows, then run the test again with ${UPDATE}=1:\n${news.join('\n')}`;
}

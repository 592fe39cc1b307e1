import t from 'tap';
import { formatTable, printable } from '../../lib/cli/table.ts';

const plain = (text: string) => text.replaceAll('\x1b[1m', '').replaceAll('\x1b[22m', '');

await t.test('columns, the numbers to the right, nothing behind the last', async (t) => {
  const columns = [{ head: 'queue' }, { head: 'count', right: true }, { head: 'why' }];
  const table = await formatTable(
    columns,
    [
      ['in', 1, ''],
      ['commands', 12, 'due'],
    ],
    false,
  );
  t.equal(table, 'queue     count  why\nin            1\ncommands     12  due\n');
});

await t.test('wide characters are measured', async (t) => {
  const table = await formatTable(
    [{ head: 'name' }, { head: 'x' }],
    [
      ['日本', 'a'],
      ['ab', 'b'],
    ],
    false,
  );
  t.equal(table, 'name  x\n日本  a\nab    b\n');
});

await t.test('cells from outside cannot reach the terminal', async (t) => {
  const table = await formatTable([{ head: 'sender' }], [['\x1b]0;evil\x07\x9b31m\u202e']], true);
  t.notMatch(plain(table), /[^\P{Cc}\n]|\u202e/u);
  t.match(table, '\\x1b]0;evil\\x07\\x9b31m\\x202e');
  const { length } = (await formatTable([{ head: 'a' }], [['x\ny']], false)).split('\n');
  t.equal(length, 3, 'nor make a line of its own');
});

await t.test('printable', async (t) => {
  t.equal(printable('Grüße 日本 😀'), 'Grüße 日本 😀');
  t.equal(printable('a\tb\r\n\0'), 'a\\x09b\\x0d\\x0a\\x00');
  t.equal(printable('\u2028\u200b'), '\\x2028\\x200b');
});

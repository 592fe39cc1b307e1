import t from 'tap';
import { fill } from '../../lib/post/fill.ts';

await t.test('short text is one line', async (t) => {
  t.equal(fill('a  b\nc'), 'a b c');
  t.equal(fill('', 'Subject: '), 'Subject: ');
});

await t.test('long text is broken between words, and indented as its first line', async (t) => {
  const text = fill('word '.repeat(40), '    Reason: ');
  const lines = text.split('\n');
  t.ok(lines.length > 2);
  t.ok(lines.every((line) => line.length <= 72));
  t.ok(lines.slice(1).every((line) => line.startsWith('            word')));
  t.equal(text.match(/word/g)?.length, 40, 'no word is lost');
});

await t.test('a word that is too long has a line of its own', async (t) => {
  t.equal(fill(`see ${'x'.repeat(90)} now`), `see\n${'x'.repeat(90)}\nnow`);
});

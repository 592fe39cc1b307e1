import t from 'tap';
import { fieldProblem, foldField, trimBlanks } from '../../lib/mail/fold.ts';

await t.test('a short field is one line', async (t) => {
  t.equal(foldField('A', ' b ', '\n'), 'A: b\n');
  t.equal(foldField('A', 'b', '\r\n'), 'A: b\r\n');
  t.equal(foldField('A', '', '\n'), 'A: \n');
});

await t.test('a long field is folded at its blanks and unfolds to itself', async (t) => {
  const value = Array.from({ length: 60 }, (_, i) => `word${i}`).join(' ');
  for (const eol of ['\n', '\r\n'] as const) {
    const folded = foldField('Subject', value, eol);
    const lines = folded.split(eol).slice(0, -1);
    t.ok(lines.length > 4);
    t.ok(
      lines.every((line) => line.length <= 78),
      'lines are short',
    );
    t.ok(
      lines.slice(0, -1).every((line) => line.length > 65),
      'lines are used',
    );
    t.equal(folded.replaceAll(eol, ''), `Subject: ${value}`);
  }
});

await t.test('the limit is exactly 78 bytes', async (t) => {
  t.equal(foldField('A', `${'x'.repeat(70)} ${'y'.repeat(4)}`, '\n').split('\n').length, 2, '78: one line');
  t.equal(
    foldField('A', `${'x'.repeat(70)} ${'y'.repeat(5)}`, '\n'),
    `A: ${'x'.repeat(70)}\n ${'y'.repeat(5)}\n`,
  );
  const exact = 'x'.repeat(75);
  t.equal(foldField('A', `${exact} y`, '\n'), `A: ${exact}\n y\n`, 'first line of 78');
});

await t.test('words that are too long, and runs of blanks', async (t) => {
  const word = 'x'.repeat(200);
  t.equal(foldField('Message-ID', word, '\n'), `Message-ID: ${word}\n`, 'not folded behind the name');
  t.equal(foldField('A', `${word} b ${word}`, '\n'), `A: ${word}\n b\n ${word}\n`);
  const folded = foldField('A', `a${' '.repeat(300)}b${' '.repeat(90)}c`, '\n');
  t.ok(
    folded
      .split('\n')
      .slice(0, -1)
      .every((line) => line.trim() !== ''),
    'no line is all blanks',
  );
  t.equal(folded.replaceAll('\n', ''), `A: a${' '.repeat(300)}b${' '.repeat(90)}c`);
});

await t.test('text beyond ASCII becomes UTF-8', async (t) => {
  t.equal(Buffer.from(foldField('A', 'é à', '\n'), 'latin1').toString('utf8'), 'A: é à\n');
});

await t.test('fieldProblem', async (t) => {
  t.equal(fieldProblem('X-Y', 'z'), null);
  for (const name of ['', 'a b', 'a:', 'ä', 'a\n']) t.match(fieldProblem(name, 'x'), /is not the name/);
  for (const value of ['a\nB: c', 'a\rb', 'a\0']) t.match(fieldProblem('A', value), /line end or a NUL/);
});

await t.test('trimBlanks keeps the byte A0, which is half a character', async (t) => {
  t.equal(trimBlanks(' \t\r\n\xc3\xa0 \n'), '\xc3\xa0');
  t.equal(trimBlanks('  '), '');
});

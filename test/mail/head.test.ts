import t from 'tap';
import { looksLikeMessage, splitHead } from '../../lib/mail/head.ts';

const split = (text: string) => {
  const bytes = Buffer.from(text, 'latin1');
  const { headLength, bodyStart, eol } = splitHead(bytes);
  return [bytes.toString('latin1', 0, headLength), bytes.toString('latin1', bodyStart), eol];
};

await t.test('the header ends at the first empty line', async (t) => {
  t.same(split('A: 1\nB: 2\n\nbody\n\nmore'), ['A: 1\nB: 2\n', 'body\n\nmore', '\n']);
  t.same(split('A: 1\r\nB: 2\r\n\r\nbody\r\n'), ['A: 1\r\nB: 2\r\n', 'body\r\n', '\r\n']);
  t.same(split('A: 1\r\n folded\r\n\tmore\r\n\r\nx'), ['A: 1\r\n folded\r\n\tmore\r\n', 'x', '\r\n']);
  t.same(split('A: 1\r\nB: 2\n\nx'), ['A: 1\r\nB: 2\n', 'x', '\r\n'], 'mixed line ends');
  t.same(split('\nbody'), ['', 'body', '\n'], 'an empty header section');
  t.same(split('\r\nbody'), ['', 'body', '\r\n']);
});

await t.test('without an empty line', async (t) => {
  t.same(split('A: 1\nB: 2'), ['A: 1\nB: 2', '', '\n'], 'header only');
  t.same(
    split('A: 1\nno field here\nB: 2\n\nx'),
    ['A: 1\n', 'no field here\nB: 2\n\nx', '\n'],
    'ended by text',
  );
  t.same(split('A: 1\n \n\nx'), ['A: 1\n \n', 'x', '\n'], 'a line of blanks continues the field');
});

await t.test('no header section at all', async (t) => {
  for (const text of [
    'hello\nworld\n',
    ' A: 1\n\nx',
    'Grüße: nein\n\nx',
    ': x\n\ny',
    'no colon',
    '\0\0\n\nx',
    '',
  ]) {
    t.same(split(text).slice(0, 2), ['', text], JSON.stringify(text));
  }
});

await t.test('an mbox line may stand before the fields, and only there', async (t) => {
  t.same(split('From a@b Mon Nov 23\nA: 1\n\nx'), ['From a@b Mon Nov 23\nA: 1\n', 'x', '\n']);
  t.same(split('>From a@b Mon Nov 23\nA: 1\n\nx'), ['>From a@b Mon Nov 23\nA: 1\n', 'x', '\n']);
  t.same(split('A: 1\nFrom a@b\n\nx'), ['A: 1\n', 'From a@b\n\nx', '\n']);
  t.same(split('From : a@b\n\nx'), ['From : a@b\n', 'x', '\n'], 'a field with a blank before the colon');
});

await t.test('any bytes', async (t) => {
  t.same(split('A: \xff\xfe\0\nB: \x80\n\n\0\xff'), ['A: \xff\xfe\0\nB: \x80\n', '\0\xff', '\n']);
});

await t.test('looksLikeMessage', async (t) => {
  for (const text of ['', ' \r\n\t', '\0\0', '\x7f\n'])
    t.notOk(looksLikeMessage(Buffer.from(text)), JSON.stringify(text));
  for (const text of ['x', '\n\nx', 'A: 1\n\n', 'ü'])
    t.ok(looksLikeMessage(Buffer.from(text)), JSON.stringify(text));
});

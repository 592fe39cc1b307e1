import t from 'tap';
import { decodeWords, encodePhrase, encodeUnstructured, encodeWords } from '../../lib/mail/encoded-word.ts';

await t.test('decodeWords', async (t) => {
  t.equal(await decodeWords('plain'), 'plain');
  t.equal(await decodeWords('=?iso-8859-1?Q?Gr=FC=DFe?= =?utf-8?B?w6A=?= x'), 'Grüßeà x');
  t.equal(await decodeWords('a =?broken'), 'a =?broken');
});

await t.test('encodeUnstructured', async (t) => {
  t.equal(
    encodeUnstructured('plain, "text" =?utf-8?Q?x?='),
    'plain, "text" =?utf-8?Q?x?=',
    'ASCII is unchanged',
  );
  t.equal(encodeUnstructured('Die Grüße an alle'), 'Die =?utf-8?Q?Gr=C3=BC=C3=9Fe?= an alle');
  t.equal(encodeUnstructured('a\r\nBcc: x\0y'), 'a Bcc: x y', 'always one line');
  for (const text of [
    'Grüße',
    'ein Gruß, zwei Grüße und mehr',
    '日本語のとても長い件名です。これは二つ以上の符号化された語になります。絵文字😀も壊れない。'.repeat(3),
    `x ${'ä'.repeat(200)} y`,
    '😀'.repeat(50),
  ]) {
    const encoded = encodeUnstructured(text);
    t.match(encoded, /^[\x20-\x7e]+$/);
    t.ok(
      encoded.split(' ').every((word) => word.length <= 75),
      'words are short',
    );
    t.equal(await decodeWords(encoded), text);
  }
});

await t.test('encodeWords keeps what it can readable and survives a lone surrogate', async (t) => {
  t.match(encodeWords('Grüße'), /^=\?utf-8\?Q\?/);
  t.match(encodeWords('日本語'), /^=\?utf-8\?B\?/);
  t.equal(await decodeWords(encodeWords('a\ud800b')), 'a\ufffdb');
});

await t.test('encodePhrase', async (t) => {
  t.equal(encodePhrase('Ann Example'), 'Ann Example');
  t.equal(encodePhrase('Example, Ann "x\\y"'), '"Example, Ann \\"x\\\\y\\""');
  t.equal(encodePhrase('Ann. <evil@example.org>'), '"Ann. <evil@example.org>"');
  t.equal(encodePhrase('a\r\nBcc: x'), '"a Bcc: x"');
  t.equal(encodePhrase(' '), '');
  t.equal(await decodeWords(encodePhrase('Änn (x)')), 'Änn (x)');
  t.match(encodePhrase('Änn (x) "y"'), /^=\?utf-8\?Q\?[A-Za-z0-9=_]+\?=$/, 'no specials in a phrase');
  t.not(encodePhrase('=?utf-8?Q?x?='), '=?utf-8?Q?x?=', 'what looks encoded means itself');
});

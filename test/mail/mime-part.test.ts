import t from 'tap';
import { fitBoundary, isSevenBit, mimePart, multipartBody, toCrLf } from '../../lib/mail/mime-part.ts';

const crlf = (text: string) => toCrLf(Buffer.from(text, 'latin1')).toString('latin1');

await t.test('toCrLf', async (t) => {
  t.equal(crlf('a\nb\r\nc\rd'), 'a\r\nb\r\nc\r\nd\r\n');
  t.equal(crlf(''), '');
  t.equal(crlf('\xff\0\n'), '\xff\0\r\n');
});

await t.test('isSevenBit', async (t) => {
  t.ok(isSevenBit(Buffer.from('a\r\nb')));
  t.ok(isSevenBit(Buffer.from(`${'x'.repeat(998)}\r\n`)));
  t.notOk(isSevenBit(Buffer.from('x'.repeat(999))));
  t.notOk(isSevenBit(Buffer.from('é')));
  t.notOk(isSevenBit(Buffer.from('a\0')));
});

await t.test('mimePart', async (t) => {
  t.equal(
    mimePart('text/plain', Buffer.from('a\nb')).toString(),
    'Content-Type: text/plain\r\nContent-Transfer-Encoding: 7bit\r\n\r\na\r\nb\r\n',
  );
  const encoded = mimePart('text/plain', Buffer.from('é'.repeat(100))).toString();
  t.match(encoded, /Encoding: base64\r\n\r\n/);
  t.ok(encoded.split('\r\n').every((line) => line.length <= 76));
  t.equal(Buffer.from(encoded.split('\r\n\r\n')[1] ?? '', 'base64').toString(), `${'é'.repeat(100)}\r\n`);
});

await t.test('boundaries', async (t) => {
  t.equal(fitBoundary('abc', [Buffer.from('x')]), 'abc');
  t.not(fitBoundary('abc', [Buffer.from('x --abcd')]), 'abc');
  t.match(fitBoundary('a"b\r\nc', []), /^[A-Za-z0-9'+_.-]+$/);
  t.ok(fitBoundary('x'.repeat(200), []).length <= 70);
  t.ok(fitBoundary('', []).length > 0);
  t.equal(
    multipartBody('b', [Buffer.from('1\r\n'), Buffer.from('2\r\n')]).toString(),
    '--b\r\n1\r\n\r\n--b\r\n2\r\n\r\n--b--\r\n',
  );
});

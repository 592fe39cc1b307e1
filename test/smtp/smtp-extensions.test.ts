import t from 'tap';
import { smtpExtensions } from '../../lib/smtp/smtp-extensions.ts';

await t.test('keywords and their parameters', async (t) => {
  const { has, parameters, maxSize } = smtpExtensions(
    '250-mx.example PIPELINE\r\n250-Size 1000\r\n250-auth Plain LOGIN\r\n250-AUTH=CRAM-MD5\r\n250 SMTPUTF8',
  );
  t.ok(has('SMTPUTF8'));
  t.notOk(has('SMTPUTF'));
  t.notOk(has('PIPELINE'), 'not the words of the greeting');
  t.notOk(has('MX.EXAMPLE'));
  t.same(parameters('AUTH'), ['PLAIN', 'LOGIN', 'CRAM-MD5'], 'both spellings together');
  t.same(parameters('DSN'), []);
  t.equal(maxSize, 1000);
});

await t.test('the largest message', async (t) => {
  for (const [words, wanted] of [
    ['SIZE 52428800', 52_428_800],
    ['SIZE', null],
    ['SIZE 0', null],
    ['SIZE lots', null],
    ['SIZE -1', null],
    ['HELP', null],
  ] as const) {
    t.equal(smtpExtensions(`250-mx\r\n250 ${words}`).maxSize, wanted, words);
  }
  t.notOk(smtpExtensions('').has(''));
  t.notOk(smtpExtensions('250 mx').has('MX'));
});

import t from 'tap';
import { isBeyondAscii, transactionCommands } from '../../lib/smtp/smtp-commands.ts';
import { smtpExtensions } from '../../lib/smtp/smtp-extensions.ts';

const offering = (...keywords: string[]) =>
  smtpExtensions(['250-mx', ...keywords.map((word) => `250-${word}`)].join('\r\n'));
const ALL = offering('SIZE 100', '8BITMIME', 'SMTPUTF8', 'DSN');
const TERMS = { size: 12, id: '20260101T000000.a+b', dsn: true };

await t.test('to a server that offers nothing', async (t) => {
  t.same(transactionCommands(offering(), 's@x', ['a@x', 'b@x'], TERMS), [
    'MAIL FROM:<s@x>',
    'RCPT TO:<a@x>',
    'RCPT TO:<b@x>',
    'DATA',
  ]);
});

await t.test('to one that offers all', async (t) => {
  t.same(transactionCommands(ALL, 's@x', ['a=1@x'], TERMS), [
    'MAIL FROM:<s@x> SIZE=12 BODY=8BITMIME RET=HDRS ENVID=20260101T000000.a+2Bb',
    'RCPT TO:<a=1@x> NOTIFY=FAILURE ORCPT=rfc822;a+3D1@x',
    'DATA',
  ]);
  t.same(transactionCommands(ALL, '', ['a b@x'], TERMS).slice(0, 2), [
    'MAIL FROM:<> SIZE=12 BODY=8BITMIME RET=HDRS ENVID=20260101T000000.a+2Bb',
    'RCPT TO:<a b@x> NOTIFY=NEVER ORCPT=rfc822;a+20b@x',
  ]);
  t.same(transactionCommands(ALL, 's@x', ['a@x'], { ...TERMS, dsn: false }).slice(0, 2), [
    'MAIL FROM:<s@x> SIZE=12 BODY=8BITMIME',
    'RCPT TO:<a@x>',
  ]);
});

await t.test('addresses beyond ASCII', async (t) => {
  t.match(transactionCommands(ALL, 's@x', ['jörg@x', 'a@x'], TERMS), [
    / SMTPUTF8 RET/,
    'RCPT TO:<jörg@x> NOTIFY=FAILURE',
    / ORCPT=rfc822;a@x$/,
  ]);
  t.match(transactionCommands(ALL, 'jörg@x', ['a@x'], TERMS)[0], / SMTPUTF8 /);
  t.ok(isBeyondAscii('jörg@x'));
  t.notOk(isBeyondAscii('jorg@x\u007f'));
});

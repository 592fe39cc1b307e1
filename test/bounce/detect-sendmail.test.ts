import t from 'tap';
import { detectSendmail } from '../../lib/bounce/detect-sendmail.ts';
import { messageOf } from './message-of.ts';

await t.test('the list of addresses', async (t) => {
  const text = [
    '   ----- The following addresses had permanent fatal errors -----',
    '<ann@example.org>',
    '    (reason: 550 5.1.1 no)',
    '    (expanded from: <staff@example.org>)',
    '',
    '   ----- Transcript of session follows -----',
    '<zoe@example.com>... Connecting',
  ].join('\n');
  t.strictSame(detectSendmail(await messageOf(text)), [
    {
      address: 'ann@example.org',
      status: null,
      diagnostic: '(reason: 550 5.1.1 no) (expanded from: <staff@example.org>)',
    },
  ]);
});

await t.test('the oldest form has a transcript only', async (t) => {
  const text = [
    '   ----- Transcript of session follows -----',
    '550 ann@example.org... User unknown',
    '554 <ben@example.com>... Mailbox full',
    '451 <zoe@example.com>... Deferred',
  ].join('\n');
  t.strictSame(detectSendmail(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: '550 User unknown' },
    { address: 'ben@example.com', status: null, diagnostic: '554 Mailbox full' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectSendmail(
      await messageOf(
        '   ----- The following addresses had transient non-fatal errors -----\n<ann@example.org>',
      ),
    ),
    null,
    'errors that pass',
  );
  t.equal(
    detectSendmail(await messageOf('The following addresses had permanent fatal errors\n<ann@example.org>')),
    null,
    'a sentence',
  );
});

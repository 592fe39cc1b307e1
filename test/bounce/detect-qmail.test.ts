import t from 'tap';
import { detectQmail } from '../../lib/bounce/detect-qmail.ts';
import { messageOf } from './message-of.ts';

await t.test('recipients are paragraphs', async (t) => {
  const text = [
    'Hi. This is the qmail-send program at mx.',
    'Sorry.',
    '',
    '<ann@example.org>:',
    'no mailbox. (#5.1.1)',
    '',
    '<ben@example.com>:',
    '192.0.2.1 failed.',
    'Remote host said: 550 no',
    '',
    '--- Below this line is a copy of the message.',
    '',
    '<zoe@example.com>:',
    'x',
  ].join('\n');
  t.strictSame(detectQmail(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'no mailbox. (#5.1.1)' },
    { address: 'ben@example.com', status: null, diagnostic: '192.0.2.1 failed. Remote host said: 550 no' },
  ]);
});

await t.test('other programs write QSBMF too', async (t) => {
  const text = ['', 'Hi. This is the deliver program at mx.', '', '<ann@example.org>:', 'full'].join('\n');
  t.strictSame(detectQmail(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'full' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectQmail(
      await messageOf('Hello\n\nHi. This is the qmail-send program at mx.\n\n<ann@example.org>:\nno'),
    ),
    null,
    'not at the beginning',
  );
  t.equal(
    detectQmail(await messageOf('> Hi. This is the qmail-send program\n>\n> <ann@example.org>:\n> no')),
    null,
    'quoted',
  );
  t.equal(detectQmail(await messageOf('Hi. This is the qmail-send program at mx.')), null, 'nobody');
});

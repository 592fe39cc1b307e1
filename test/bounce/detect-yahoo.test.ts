import t from 'tap';
import { detectYahoo } from '../../lib/bounce/detect-yahoo.ts';
import { messageOf } from './message-of.ts';

await t.test('the answer below', async (t) => {
  const text = [
    'Unable to deliver message to the following address(es).',
    '',
    '<ann@example.org>:',
    'no account (ann@example.org) [0]',
  ].join('\n');
  t.strictSame(detectYahoo(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'no account (ann@example.org) [0]' },
  ]);
});

await t.test('and after an empty line', async (t) => {
  const text = [
    'Sorry, we were unable to deliver your message to the following address.',
    '',
    '<ann@example.org>:',
    '',
    '554 no',
  ].join('\n');
  t.strictSame(detectYahoo(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: '554 no' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectYahoo(await messageOf('Unable to deliver message to the following address(es).')),
    null,
    'nobody',
  );
  t.equal(
    detectYahoo(
      await messageOf('We are Unable to deliver message to the following address.\n\n<ann@example.org>'),
    ),
    null,
    'in mid-sentence',
  );
});

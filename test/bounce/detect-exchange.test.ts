import t from 'tap';
import { detectExchange } from '../../lib/bounce/detect-exchange.ts';
import { messageOf } from './message-of.ts';

await t.test('recipients on a date', async (t) => {
  const text = [
    'did not reach the following recipient(s):',
    '',
    'ann@example.org on Mon, 23 Nov 2026 09:14:01 +0100',
    '    The recipient name is not recognized',
  ].join('\n');
  t.strictSame(detectExchange(await messageOf(text)), [
    {
      address: 'ann@example.org',
      status: null,
      diagnostic: 'on Mon, 23 Nov 2026 09:14:01 +0100 The recipient name is not recognized',
    },
  ]);
});

await t.test('names only', async (t) => {
  const text = [
    'The following recipient(s) could not be reached:',
    '',
    '      Example, Ann on 11/23/2026',
    '            unknown',
  ].join('\n');
  t.strictSame(detectExchange(await messageOf(text)), [
    { address: null, status: null, diagnostic: 'Example, Ann on 11/23/2026 unknown' },
  ]);
});

await t.test('a name and an address', async (t) => {
  const text = [
    'Delivery has failed to these recipients or distribution lists:',
    '',
    'Ann Example<mailto:ann@example.org>',
    'not found',
  ].join('\n');
  t.strictSame(detectExchange(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'not found' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectExchange(
      await messageOf(
        'The following recipient(s) could not be reached:\n\n\tRecipient: [SMTP:ann@example.org]',
      ),
    ),
    null,
    'MailEnable’s',
  );
  t.equal(detectExchange(await messageOf('Hello')), null, 'nothing');
});

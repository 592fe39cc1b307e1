import t from 'tap';
import { detectMailenable } from '../../lib/bounce/detect-mailenable.ts';
import { messageOf } from './message-of.ts';

await t.test('pairs of lines', async (t) => {
  const text = [
    '\tRecipient: [SMTP:ann@example.org]',
    '\tReason: no such domain',
    '',
    '\tRecipient: [SMTP:ben@example.com]',
    '\tReason: full',
  ].join('\n');
  t.strictSame(detectMailenable(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'no such domain' },
    { address: 'ben@example.com', status: null, diagnostic: 'full' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(detectMailenable(await messageOf('Recipient: ann@example.org\nReason: no')), null, 'no brackets');
  t.equal(
    detectMailenable(await messageOf('\tRecipient: [FAX:+4930123]\n\tReason: busy')),
    null,
    'no mail address',
  );
});

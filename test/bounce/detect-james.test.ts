import t from 'tap';
import { detectJames } from '../../lib/bounce/detect-james.ts';
import { messageOf } from './message-of.ts';

await t.test('the recipient among the details', async (t) => {
  const text = [
    'Error message below:',
    '550 - no',
    '',
    'Message details:',
    '  MAIL FROM: zoe@example.com',
    '  RCPT TO: ann@example.org',
    '  From: zoe@example.com',
  ].join('\n');
  t.strictSame(detectJames(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: '550 - no' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(detectJames(await messageOf('Message details:\n  RCPT TO: ann@example.org')), null, 'no message');
  t.equal(
    detectJames(await messageOf('Error message below:\n550 - no\n\nMessage details:\n  RCPT TO: ann')),
    null,
    'nobody',
  );
});

import t from 'tap';
import { detectExim } from '../../lib/bounce/detect-exim.ts';
import { messageOf } from './message-of.ts';

await t.test('the answer stands below the address', async (t) => {
  const text = [
    'This message was created automatically by mail delivery software.',
    '',
    'A message that you sent could not be delivered to one or more of its',
    'recipients. This is a permanent error. The following address(es) failed:',
    '',
    '  ann@example.org',
    '    SMTP error after RCPT TO:<ann@example.org>:',
    '    550 unknown',
    '',
    '  ben@example.com',
    '    Unrouteable address',
  ].join('\n');
  t.strictSame(detectExim(await messageOf(text)), [
    {
      address: 'ann@example.org',
      status: null,
      diagnostic: 'SMTP error after RCPT TO:<ann@example.org>: 550 unknown',
    },
    { address: 'ben@example.com', status: null, diagnostic: 'Unrouteable address' },
  ]);
});

await t.test('an address generated from ours is ours', async (t) => {
  const text = [
    'This message was created automatically by mail delivery software.',
    '',
    'A message that you sent could not be delivered to one or more of its',
    'recipients. This is a permanent error. The following address(es) failed:',
    '',
    '  x@far.example',
    '    (ultimately generated from ann@example.org)',
    '    mailbox is full',
  ].join('\n');
  t.strictSame(detectExim(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'mailbox is full' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectExim(
      await messageOf(
        'It was made automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  ann@example.org',
      ),
    ),
    null,
    'without the first sentence',
  );
  t.equal(
    detectExim(
      await messageOf(
        'This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n',
      ),
    ),
    null,
    'nobody',
  );
});

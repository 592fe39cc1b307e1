import t from 'tap';
import { detectIcloud } from '../../lib/bounce/detect-icloud.ts';
import { messageOf } from './message-of.ts';

await t.test('groups of fields', async (t) => {
  const text = [
    'Your message cannot be delivered to the following recipients:',
    '',
    '  Recipient address: ann@example.org',
    '  Reason: rejected',
    '  Diagnostic code: smtp;550 no',
    '',
    '  Recipient address: ben@example.com',
    '  Reason: full',
  ].join('\n');
  t.strictSame(detectIcloud(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'rejected 550 no' },
    { address: 'ben@example.com', status: null, diagnostic: 'full' },
  ]);
});

await t.test('the address that we wrote to', async (t) => {
  const text = [
    'Your message cannot be delivered to the following recipients:',
    '',
    '  Recipient address: store-1@far.example',
    '  Original address: ann@example.org',
    '  Reason: full',
  ].join('\n');
  t.strictSame(detectIcloud(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'full' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectIcloud(
      await messageOf(
        'Your message cannot be delivered to the following recipients:\n\n<ann@example.org>:\n    no',
      ),
    ),
    null,
    'Courier’s',
  );
  t.equal(
    detectIcloud(await messageOf('Your message cannot be delivered to the following recipients:\n\n')),
    null,
    'nobody',
  );
});

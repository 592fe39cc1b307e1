import t from 'tap';
import { detectSendgrid } from '../../lib/bounce/detect-sendgrid.ts';
import { messageOf } from './message-of.ts';

await t.test('a name with an address', async (t) => {
  const text = [
    'This is an automatically generated message from Example.',
    '',
    'your message was not able to be delivered to one of its intended recipients.',
    '',
    'Ann <ann@example.org>',
    '    550 no',
  ].join('\n');
  t.strictSame(detectSendgrid(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: '550 no' },
  ]);
});

await t.test('the address alone', async (t) => {
  const text = [
    'This is an automatically generated message from Example.',
    '',
    'your message was not able to be delivered to one of its intended recipients.',
    '',
    'ann@example.org',
    '    552 full',
  ].join('\n');
  t.strictSame(detectSendgrid(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: '552 full' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectSendgrid(
      await messageOf(
        'your message was not able to be delivered to one of its intended recipients.\n\nann@example.org',
      ),
    ),
    null,
    'without the first line',
  );
  t.equal(
    detectSendgrid(
      await messageOf(
        'This is an automatically generated message from Example.\n\nyour message was not able to be delivered to one of its intended recipients.\n\n',
      ),
    ),
    null,
    'nobody',
  );
});

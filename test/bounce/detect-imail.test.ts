import t from 'tap';
import { detectImail } from '../../lib/bounce/detect-imail.ts';
import { messageOf } from './message-of.ts';

await t.test('the reason first', async (t) => {
  const text = [
    'Unknown user: ann@example.org',
    'undeliverable to ben@example.com',
    '',
    'Original message follows.',
  ].join('\n');
  t.strictSame(detectImail(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'Unknown user' },
    { address: 'ben@example.com', status: null, diagnostic: 'undeliverable to' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(detectImail(await messageOf('Unknown user: ann@example.org is gone')), null, 'more on the line');
  t.equal(
    detectImail(
      await messageOf(
        'x\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nUnknown user: ann@example.org',
      ),
    ),
    null,
    'far down',
  );
});

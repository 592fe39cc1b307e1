import t from 'tap';
import { detectGroupwise } from '../../lib/bounce/detect-groupwise.ts';
import { messageOf } from './message-of.ts';

await t.test('the reason in brackets', async (t) => {
  const text = [
    'The message that you sent was undeliverable to the following:',
    '\tann@example.org (user not found)',
  ].join('\n');
  t.strictSame(detectGroupwise(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: '(user not found)' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectGroupwise(await messageOf('The message that you sent was undeliverable to the following:\n\tann')),
    null,
    'nobody',
  );
  t.equal(
    detectGroupwise(await messageOf('The message was undeliverable:\n\tann@example.org')),
    null,
    'another',
  );
});

import t from 'tap';
import { detectAol } from '../../lib/bounce/detect-aol.ts';
import { messageOf } from './message-of.ts';

await t.test('recipients below', async (t) => {
  const text = [
    'Your mail to the following recipients could not be delivered because they refuse:',
    '\tann@example.org',
    '',
    '-- The Postmaster',
    'zoe@example.com',
  ].join('\n');
  t.strictSame(detectAol(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: null },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectAol(await messageOf('Your mail to the following recipients could not be delivered:\n\tann')),
    null,
    'names only',
  );
  t.equal(
    detectAol(await messageOf('Your mail could not be delivered:\n\tann@example.org')),
    null,
    'another',
  );
});

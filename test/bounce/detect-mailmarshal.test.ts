import t from 'tap';
import { detectMailmarshal } from '../../lib/bounce/detect-mailmarshal.ts';
import { messageOf } from './message-of.ts';

await t.test('one reason for all', async (t) => {
  const text = [
    'Could not be delivered because of',
    '',
    '550 no',
    '',
    'The following recipients were affected: ',
    '    ann@example.org',
    '    ben@example.com',
    '',
    'Additional Information',
    '<zoe@example.com>',
  ].join('\n');
  t.strictSame(detectMailmarshal(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: '550 no' },
    { address: 'ben@example.com', status: null, diagnostic: '550 no' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectMailmarshal(await messageOf('The following recipients were affected:\n  ann@example.org')),
    null,
    'no reason',
  );
  t.equal(
    detectMailmarshal(
      await messageOf(
        'Could not be delivered because of\n\n550 no\n\nThe following recipients were affected:',
      ),
    ),
    null,
    'nobody',
  );
});

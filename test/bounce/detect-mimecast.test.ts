import t from 'tap';
import { detectMimecast } from '../../lib/bounce/detect-mimecast.ts';
import { messageOf } from './message-of.ts';

await t.test('all behind hyphens', async (t) => {
  const text = [
    'This is a delivery failure notification message indicating that',
    'an email you addressed to email address :',
    '-- ann@example.org',
    '',
    'could not be delivered. The problem appears to be :',
    '-- rejected',
    '',
    'Additional information follows :',
    '-- 5.1.1 no',
    '',
    'ask help@example.org',
  ].join('\n');
  t.strictSame(detectMimecast(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'rejected 5.1.1 no' },
  ]);
});

await t.test('the sentence on one line', async (t) => {
  const text = [
    'This is a delivery failure notification message indicating that an email you addressed to email address :',
    '-- ann@example.org',
    '',
    'could not be delivered. The problem appears to be :',
    '-- no',
  ].join('\n');
  t.strictSame(detectMimecast(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'no' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectMimecast(
      await messageOf(
        'This is a delivery failure notification message indicating that\nan email you addressed to email address :\n',
      ),
    ),
    null,
    'nobody',
  );
  t.equal(detectMimecast(await messageOf('-- \nann@example.org')), null, 'other hyphens');
});

import t from 'tap';
import { detectAmazonSes } from '../../lib/bounce/detect-amazon-ses.ts';
import { messageOf } from './message-of.ts';

await t.test('addresses below the sentence', async (t) => {
  const text = [
    'An error occurred while trying to deliver the mail to the following recipients:',
    'ann@example.org',
    'ben@example.com',
  ].join('\n');
  t.strictSame(detectAmazonSes(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: null },
    { address: 'ben@example.com', status: null, diagnostic: null },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectAmazonSes(
      await messageOf('An error occurred while trying to deliver the mail to the following recipients:'),
    ),
    null,
    'nobody',
  );
  t.equal(detectAmazonSes(await messageOf('An error occurred:\nann@example.org')), null, 'another');
});

import t from 'tap';
import { detectFailedRecipients } from '../../lib/bounce/detect-failed-recipients.ts';
import { messageOf } from './message-of.ts';

await t.test('the addresses of the field, the text as the reason', async (t) => {
  const fields = ['X-Failed-Recipients: ann@example.org,', ' ben@example.com'];
  t.strictSame(detectFailedRecipients(await messageOf('It did\nnot arrive.\n', { fields })), [
    { address: 'ann@example.org', status: null, diagnostic: 'It did not arrive.' },
    { address: 'ben@example.com', status: null, diagnostic: 'It did not arrive.' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(detectFailedRecipients(await messageOf('ann@example.org')), null, 'no field');
  t.equal(detectFailedRecipients(await messageOf('x', { fields: ['X-Failed-Recipients: ann'] })), null);
});

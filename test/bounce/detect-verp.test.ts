import t from 'tap';
import { detectVerp } from '../../lib/bounce/detect-verp.ts';
import { messageOf } from './message-of.ts';

const member = 'ann@example.org';

await t.test('the member, with what was said', async (t) => {
  t.strictSame(detectVerp(await messageOf('No such user.\n', { subject: 'Mail failed', member })), [
    { address: member, status: null, diagnostic: 'Mail failed No such user.' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(detectVerp(await messageOf('No such user.\n', { subject: 'Mail failed' })), null, 'no member');
  t.equal(detectVerp(await messageOf('Buy this.\n', { subject: 'Watches', member })), null, 'no failure');
});

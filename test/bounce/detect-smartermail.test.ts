import t from 'tap';
import { detectSmartermail } from '../../lib/bounce/detect-smartermail.ts';
import { messageOf } from './message-of.ts';

await t.test('the reason below', async (t) => {
  const text = [
    'Failed Recipient: ann@example.org',
    'Reason: Remote host said: 550 no',
    '',
    'Failed Recipient: <ben@example.com>',
    'Reason: full',
    'Reason: again',
  ].join('\n');
  t.strictSame(detectSmartermail(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: '550 no' },
    { address: 'ben@example.com', status: null, diagnostic: 'full' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(detectSmartermail(await messageOf('Failed Recipient: ann\nReason: no')), null, 'no address');
  t.equal(detectSmartermail(await messageOf('The Failed Recipient: ann@example.org')), null, 'in a sentence');
});

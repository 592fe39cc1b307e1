import t from 'tap';
import { detectCommunigate } from '../../lib/bounce/detect-communigate.ts';
import { messageOf } from './message-of.ts';

await t.test('the lines below', async (t) => {
  const text = [
    "Failed to deliver to 'ann@example.org'",
    'SMTP module reports:',
    ' 550 no',
    "Failed to deliver to '<ben@example.com>'",
    ' full',
  ].join('\n');
  t.strictSame(detectCommunigate(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'SMTP module reports: 550 no' },
    { address: 'ben@example.com', status: null, diagnostic: 'full' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(detectCommunigate(await messageOf('Failed to deliver to ann@example.org')), null, 'not quoted');
  t.equal(detectCommunigate(await messageOf("Failed to deliver to 'ann'")), null, 'a name');
});

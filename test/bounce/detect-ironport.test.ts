import t from 'tap';
import { detectIronport } from '../../lib/bounce/detect-ironport.ts';
import { messageOf } from './message-of.ts';

await t.test('the reason below', async (t) => {
  const text = [
    'The following message to <ann@example.org> was undeliverable.',
    'The reason for the problem:',
    '5.1.0 - Unknown address',
  ].join('\n');
  t.strictSame(detectIronport(await messageOf(text)), [
    {
      address: 'ann@example.org',
      status: null,
      diagnostic: 'The reason for the problem: 5.1.0 - Unknown address',
    },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectIronport(await messageOf('The following message to ann@example.org was undeliverable.')),
    null,
    'without brackets',
  );
  t.equal(
    detectIronport(await messageOf('The following message to <nobody> was undeliverable.')),
    null,
    'no address',
  );
});

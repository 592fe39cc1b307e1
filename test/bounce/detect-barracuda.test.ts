import t from 'tap';
import { detectBarracuda } from '../../lib/bounce/detect-barracuda.ts';
import { messageOf } from './message-of.ts';

await t.test('the recipient in the sentence', async (t) => {
  const text = ['**Your message to: ann@example.org', 'was blocked by our Spam Firewall.'].join('\n');
  t.strictSame(detectBarracuda(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'was blocked by our Spam Firewall.' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectBarracuda(await messageOf('Your message to: ann@example.org\nwas blocked')),
    null,
    'not theirs',
  );
  t.equal(detectBarracuda(await messageOf('It was blocked by our Spam Firewall.')), null, 'nobody');
});

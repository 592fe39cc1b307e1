import t from 'tap';
import { detectSentences } from '../../lib/bounce/detect-sentences.ts';
import { messageOf } from './message-of.ts';

await t.test('the reason in the sentence', async (t) => {
  const text = ['Hello', '', 'The user ann@example.org does not exist.'].join('\n');
  t.strictSame(detectSentences(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'The user ann@example.org does not exist.' },
  ]);
});

await t.test('recipients below', async (t) => {
  const text = ['Your message could not be delivered to:', '', 'ann@example.org', '550 no'].join('\n');
  t.strictSame(detectSentences(await messageOf(text)), [
    {
      address: 'ann@example.org',
      status: null,
      diagnostic: 'Your message could not be delivered to: 550 no',
    },
  ]);
});

await t.test('in Dutch', async (t) => {
  const text = ['Het adres ann@example.org bestaat niet'].join('\n');
  t.strictSame(detectSentences(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'Het adres ann@example.org bestaat niet' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(detectSentences(await messageOf('Is the user ann@example.org known?')), null, 'a question');
  t.equal(detectSentences(await messageOf('> User unknown: ann@example.org')), null, 'quoted');
  t.equal(detectSentences(await messageOf('User unknown')), null, 'no address');
});

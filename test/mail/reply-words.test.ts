import t from 'tap';
import { stripReplyWords } from '../../lib/mail/reply-words.ts';

await t.test('words before a subject', async (t) => {
  for (const subject of [
    'x',
    'Re: x',
    'RE:x',
    ' re : x',
    'AW: Re: Fwd: x',
    'Re[2]: x',
    'Re(3): x',
    'Re^4: x',
    'SV: x',
    'Re： x',
  ]) {
    t.equal(stripReplyWords(subject), 'x', subject);
  }
});

await t.test('what only looks like them', async (t) => {
  for (const subject of ['Regarding: x', 'Re x', 'reset: x', '[Re: x]', 'x Re: y', '']) {
    t.equal(stripReplyWords(subject), subject, subject);
  }
});

import t from 'tap';
import { noticeLines, TEXT_LIMIT } from '../../lib/bounce/notice-lines.ts';

await t.test('up to the message that came back', async (t) => {
  for (const mark of [
    '--- Below this line is a copy of the message.',
    '------ This is a copy of the message, including all the headers. ------',
    '   ----- Original message follows -----',
    '   ----- Unsent message follows -----',
    '   ----- Message header follows -----',
    '----- Original message -----',
    '--- The header of the original message is following. ---',
    '-----Ursprüngliche Nachricht-----',
    'Original message follows.',
    'Original message headers:',
  ]) {
    t.same(noticeLines(`sorry\n${mark}\nTo: a@b.org\n`), ['sorry'], mark);
  }
});

await t.test('a header section without a mark', async (t) => {
  t.same(noticeLines('sorry\nReceived: from x\n\tby y\nMessage-ID: <1@x>\n'), ['sorry']);
  t.same(noticeLines('sorry\nReceived: from x\nlater\n'), ['sorry', 'Received: from x', 'later', '']);
});

await t.test('what only looks like a mark', async (t) => {
  for (const line of [
    '   ----- Transcript of session follows -----',
    'original',
    '-- ann@example.org',
    '---',
  ])
    t.equal(noticeLines(`sorry\n${line}\nx`).length, 3, line);
});

await t.test('lines of any end, within limits', async (t) => {
  t.same(noticeLines('a \r\nb\rc\nd'), ['a', 'b', 'c', 'd']);
  t.equal(noticeLines('x'.repeat(5000))[0]?.length, 1000);
  t.equal(noticeLines('x\n'.repeat(5000)).length, 2000);
  t.equal(noticeLines(`${`${'y'.repeat(99)}\n`.repeat(700)}end`).join('\n').length, TEXT_LIMIT);
});

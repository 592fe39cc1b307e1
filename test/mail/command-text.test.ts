import t from 'tap';
import { commandLines } from '../../lib/mail/command-text.ts';

const lines = (message: string, limit = 10) => commandLines(Buffer.from(message, 'latin1'), limit);

const multipart = (parts: string[], type = 'alternative') =>
  `Subject: x\nContent-Type: multipart/${type}; boundary=b\n\n${parts.map((part) => `--b\n${part}\n`).join('')}--b--\n`;

await t.test('subject and text', async (t) => {
  t.same(await lines('Subject: Re: AW: join\n\nhelp\n\n  who  \n'), ['join', 'help', 'who']);
  t.same(await lines('Subject: =?utf-8?B?aGVscA==?=\r\n\r\nwho\r\nend\r\n'), ['help', 'who', 'end']);
  t.same(await lines('Subject: confirm\n abc\n\n'), ['confirm abc'], 'a folded subject');
  t.same(await lines('\nhelp\n'), ['help'], 'no subject');
  t.same(await lines('help\nwho\n'), ['help', 'who'], 'no header section');
  t.same(await lines('Subject: a\n\nb\nc\nd\n', 3), ['a', 'b', 'c'], 'the limit');
  t.same(await lines(''), []);
});

await t.test('what its author did not type', async (t) => {
  t.same(await lines('Subject: help\n\nwho\n> join\n  > leave\nend\n-- \nAnn\nleave\n'), [
    'help',
    'who',
    'end',
  ]);
  t.same(await lines('Subject: help\n\n--\nleave\n'), ['help'], 'a separator that lost its blank');
});

await t.test('MIME', async (t) => {
  const plain =
    'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\njoin=20now';
  const html = 'Content-Type: text/html\n\n<p>leave</p>';
  t.same(await lines(multipart([plain, html])), ['x', 'join now'], 'text goes before HTML');
  t.same(
    await lines(
      'Subject: x\nContent-Type: text/html\n\n<html><head><title>no</title><style>p {}\n</style></head><body>\n' +
        '<p>join&nbsp;now</p>\n<div>who &amp; <b>what</b><br>end</div><blockquote type=cite>leave</blockquote></body></html>\n',
    ),
    ['x', 'join now', 'who & what', 'end'],
    'HTML only',
  );
  const attached = 'Content-Type: message/rfc822\n\nSubject: leave\n\nleave\n';
  t.same(
    await lines(multipart([plain, attached], 'mixed')),
    ['x', 'join now'],
    'not out of an attached message',
  );
});

await t.test('hostile HTML is no hindrance', async (t) => {
  const started = performance.now();
  await lines(`Subject: x\nContent-Type: text/html\n\n${'<style'.repeat(500_000)}\n`);
  t.ok(performance.now() - started < 5_000);
});

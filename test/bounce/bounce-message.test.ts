import t from 'tap';
import { MESSAGE_LIMIT, openBounceMessage } from '../../lib/bounce/bounce-message.ts';
import { messageOf } from './message-of.ts';

const open = (text: string, sender: string | null = null) =>
  openBounceMessage(Buffer.from(text, 'latin1'), { sender, member: null });

await t.test('the head', async (t) => {
  const message = await open(
    'Return-Path: <>\nFrom: =?utf-8?Q?Zustelldienst?= <MAILER-DAEMON@MX.example>\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n  x\nContent-Type: Text/Plain\n\nhello\n',
  );
  t.match(message, {
    sender: '',
    from: 'mailer-daemon@mx.example',
    fromName: 'Zustelldienst',
    subject: 'Grüße x',
    contentType: 'text/plain',
  });
  t.equal((await open('Return-Path: <>\n\n', 'a@b.org')).sender, 'a@b.org', 'the envelope knows better');
  t.equal((await open('Subject: x\n\n')).sender, null);
});

await t.test('text in any charset and encoding, or of HTML', async (t) => {
  const plain = await open('Content-Type: text/plain; charset=iso-8859-1\n\nGr\xfc\xdfe\nzwei\n');
  t.same(plain.lines.slice(0, 2), ['Grüße', 'zwei']);
  const base64 = `Content-Transfer-Encoding: base64\n\n${Buffer.from('one\ntwo\n').toString('base64')}\n`;
  t.same((await open(base64)).lines.slice(0, 2), ['one', 'two']);
  const html = await messageOf('<p>one</p><p>two &lt;a@b.org&gt;</p>', {
    fields: ['Content-Type: text/html'],
  });
  t.match(
    html.lines.filter((line) => line !== ''),
    ['one', 'two <a@b.org>'],
  );
});

await t.test('parts', async (t) => {
  const message = await open(
    'Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nsorry\n' +
      '--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n' +
      '--b\nContent-Type: message/disposition-notification\n\nDisposition: x\n' +
      '--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.org\nAction: failed\n' +
      '--b\nContent-Type: message/rfc822\n\nSubject: original\n\nbody\n--b--\n',
  );
  t.equal(message.feedback?.fields[0]?.name, 'Feedback-Type');
  t.equal(message.disposition, true);
  t.match(message.reported, [{ address: 'a@b.org', action: 'failed' }]);
  t.equal(message.returned?.fields[0]?.raw, 'Subject: original\n');
  t.match(await open('\nx'), { feedback: null, disposition: false, reported: [], returned: null });
});

await t.test(
  'a report whose parts were lost is read in the text, but only where it says that it is one',
  async (t) => {
    const fields = 'Final-Recipient: rfc822; a@b.org\nAction: failed\n';
    const report = `Content-Type: multipart/report; boundary=b\n\n--b\n\nsorry\n\n${fields}--b--\n`;
    t.match((await open(report)).reported, [{ address: 'a@b.org' }]);
    t.same((await open(report.replace('report', 'mixed'))).reported, []);
  },
);

await t.test('limits', async (t) => {
  const end = '\nlast line\n';
  const fits = `\n${'x'.repeat(60_000)}${end}`;
  t.ok((await open(fits)).lines.includes('last line'));
  t.notOk((await open(`\n${'x'.repeat(MESSAGE_LIMIT)}${end}`)).lines.includes('last line'));
  const status = 'Content-Type: message/delivery-status\n\n';
  const group = 'Final-Recipient: rfc822; a@b.org\nAction: failed\n';
  t.equal((await open(`${status}${'\n'.repeat(19_990)}${group}`)).reported.length, 1);
  t.equal((await open(`${status}${'\n'.repeat(20_010)}${group}`)).reported.length, 0);
});

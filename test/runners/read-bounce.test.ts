import t from 'tap';
import { readBounce } from '../../lib/runners/read-bounce.ts';

const report = (status: string) =>
  Buffer.from(
    [
      'From: MAILER-DAEMON@example.com\nMIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b\n',
      '--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n',
      `Final-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: ${status}\n`,
      '--b--\n',
    ].join('\n'),
  );
const nobody = { sender: '', member: null };

await t.test('the class by the status', async (t) => {
  for (const [status = '', expected = ''] of [
    ['5.1.1', 'hard'],
    ['5.0.0', 'hard'],
    ['5.2.2', 'full'],
    ['4.2.2', 'full'],
    ['5.7.1', 'policy'],
    ['4.4.7', 'soft'],
    ['none', 'unknown'],
  ]) {
    const reading = await readBounce(report(status), nobody);
    t.match(
      reading,
      { kind: 'bounce', recipients: [{ address: 'ann@example.org', class: expected }] },
      status,
    );
  }
});

await t.test('the address names the member', async (t) => {
  const context = { sender: '', member: 'ben@example.org' };
  t.match(await readBounce(report('5.1.1'), context), { recipients: [{ address: 'ben@example.org' }] });
  const words = await readBounce(Buffer.from('Subject: no such user\n\nx\n'), context);
  t.match(words, { kind: 'bounce', recipients: [{ class: 'unknown', diagnostic: 'no such user' }] });
});

await t.test('what is none', async (t) => {
  const away = Buffer.from('Auto-Submitted: auto-replied\n\naway\n');
  t.match(await readBounce(away, { sender: 'a@b.example', member: null }), { kind: 'auto-reply' });
  t.match(await readBounce(Buffer.from('Subject: hello\n\nx\n'), nobody), { kind: 'unrecognised' });
});

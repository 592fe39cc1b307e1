import t from 'tap';
import { openBounceMessage } from '../../lib/bounce/bounce-message.ts';
import { getField, parseHeader } from '../../lib/mail/header.ts';
import { parseMime } from '../../lib/mail/parse-mime.ts';
import { writeReport } from '../../lib/mail/write-report.ts';

/** What status parts say. */
const reported = async (report: Buffer) =>
  (await openBounceMessage(report, { sender: '', member: null })).reported;

const options = {
  reportingMta: 'lists.org',
  from: { name: 'Mail Delivery', address: 'MAILER-DAEMON@lists.org' },
  to: 'dev-bounces@lists.org',
  originalHead: Buffer.from('Subject: hello\nMessage-ID: <1@x.org>\n'),
  recipients: [
    { address: 'ann@example.org', action: 'failed', status: '5.1.1', diagnostic: '550 5.1.1 no such user' },
    { address: 'bob+x=y@example.org', action: 'failed', status: '4.4.7', diagnostic: null },
    {
      address: 'jörg@example.org',
      action: 'failed',
      status: '5.6.7',
      diagnostic: `550 ${'long '.repeat(40)}reply`,
    },
  ],
  messageId: '<r1@lists.org>',
  date: new Date(0),
  boundary: 'report-1',
} as const;

await t.test('what was written is read back', async (t) => {
  t.same(await reported(writeReport(options)), options.recipients);
});

await t.test('the form', async (t) => {
  const bytes = writeReport(options);
  t.same(writeReport(options), bytes, 'the same arguments, the same bytes');
  const text = bytes.toString('latin1');
  t.match(text, /^[\r\n\x20-\x7e]*$/, 'ASCII but for the explanation, which is encoded');
  t.notMatch(text, /[^\r]\n/, 'lines end with CR LF');
  t.ok(text.split('\r\n').every((line) => line.length <= 998));
  const header = parseHeader(bytes);
  t.equal(
    getField(header, 'Content-Type'),
    'multipart/report; report-type=delivery-status; boundary="report-1"',
  );
  t.equal(getField(header, 'Auto-Submitted'), 'auto-replied');
  t.equal(getField(header, 'From'), 'Mail Delivery <MAILER-DAEMON@lists.org>');
  t.match(
    text,
    /Content-Type: message\/delivery-status\r\n.*\r\n\r\nReporting-MTA: dns; lists\.org\r\n\r\nFinal-/,
  );
  const email = await parseMime(bytes);
  t.match(email?.text, /ann@example\.org[\s\S]*550 5\.1\.1[\s\S]*jörg@example\.org/);
  t.same(
    email?.attachments.map((part) => part.mimeType),
    ['message/delivery-status', 'text/rfc822-headers'],
  );
});

await t.test('hostile replies and headers', async (t) => {
  const diagnostic = '550 x\r\n\r\nFinal-Recipient: rfc822; evil@x.org\r\nAction: failed\r\n--report-1 é\0';
  const originalHead = Buffer.from('Subject: \xff\0\n--report-1--\n', 'latin1');
  const bytes = writeReport({
    ...options,
    originalHead,
    recipients: [{ address: 'ann@example.org', action: 'failed', status: 'nonsense', diagnostic }],
  });
  const recipients = await reported(bytes);
  t.equal(recipients.length, 1);
  t.match(recipients[0], { address: 'ann@example.org', status: '5.0.0' });
  t.match(recipients[0]?.diagnostic, /^550 x Final-Recipient: .*--report-1 \?\?$/);
  const email = await parseMime(bytes);
  const attached = email?.attachments[1]?.content;
  t.ok(attached instanceof ArrayBuffer || attached instanceof Uint8Array);
  t.equal(
    Buffer.from(new Uint8Array(attached as ArrayBuffer)).toString('latin1'),
    'Subject: \xff\0\r\n--report-1--\r\n',
  );
  t.throws(() => writeReport({ ...options, to: 'a@b.org\nBcc: c@d.org' }), /cannot write a mailbox/);
  t.throws(() => writeReport({ ...options, messageId: '<a>\r\nBcc: c@d.org' }), /cannot add a header field/);
});

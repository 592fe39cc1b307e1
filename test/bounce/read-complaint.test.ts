import t from 'tap';
import { openBounceMessage } from '../../lib/bounce/bounce-message.ts';
import { readComplaint } from '../../lib/bounce/read-complaint.ts';

/** Reads a report with these fields, about a message with that head. */
async function read(
  fields: string,
  head = 'To: friends@lists.example.org\nX-BeenThere: friends@lists.example.org\n',
  member: string | null = null,
) {
  const message =
    'From: fbl@isp.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n' +
    `--b\n\nspam\n--b\nContent-Type: message/feedback-report\n\n${fields}\n` +
    `--b\nContent-Type: message/rfc822\n\n${head}\nbody\n--b--\n`;
  return readComplaint(await openBounceMessage(Buffer.from(message), { sender: 'fbl@isp.example', member }));
}
const addresses = async (...args: Parameters<typeof read>) => {
  const reading = await read(...args);
  return reading?.kind === 'complaint' ? reading.addresses : reading;
};
const ABUSE = 'Feedback-Type: abuse\n';

await t.test('who complains, from the best source there is', async (t) => {
  const verp = 'Original-Mail-From: <friends-bounces+ben=example.com@lists.example.org>\n';
  const removal = 'Removal-Recipient: cyd@isp.example\n';
  const original =
    'Original-Rcpt-To: <ann@isp.example>\nOriginal-Rcpt-To: <ANN@isp.example>\nOriginal-Rcpt-To: dan@isp.example\n';
  const head =
    'To: eve@isp.example, friends@lists.example.org\nList-Post: <mailto:friends@lists.example.org>\n';
  t.same(await addresses(ABUSE + original + verp + removal, head), ['ANN@isp.example', 'dan@isp.example']);
  t.same(await addresses(ABUSE + verp + removal, head, 'zoe@isp.example'), ['zoe@isp.example']);
  t.same(await addresses(ABUSE + verp + removal, head), ['ben@example.com']);
  t.same(
    await addresses(ABUSE, `Return-Path: <friends-bounces+ben=example.com@lists.example.org>\n${head}`),
    ['ben@example.com'],
  );
  t.same(await addresses(ABUSE + removal, head), ['cyd@isp.example']);
  t.same(await addresses(ABUSE, head), ['eve@isp.example']);
  t.same(await addresses(ABUSE), [], 'the list did not complain');
  t.same(await addresses(`${ABUSE}Original-Rcpt-To: redacted@isp.example\n`), [], 'nor did nobody');
});

await t.test('types', async (t) => {
  t.match(await read('Feedback-Type: Fraud (phishing)\n'), { kind: 'complaint', feedbackType: 'fraud' });
  t.match(await read('User-Agent: x\n'), { kind: 'complaint', feedbackType: 'other' });
  t.same(await read('Feedback-Type: not-spam\n'), { kind: 'receipt', detector: 'arf' });
  t.same(await read('Feedback-Type: auth-failure\n'), { kind: 'unrecognised' });
});

/** A message as JMRP sends them. */
const jmrp = (from: string) =>
  openBounceMessage(
    Buffer.from(
      `From: ${from}\nSubject: complaint about message from 192.0.2.1\nContent-Type: multipart/mixed; boundary=b\n\n` +
        '--b\nContent-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: <ann@hotmail.example>\n\nx\n--b--\n',
    ),
    { sender: from, member: null },
  );

await t.test('JMRP', async (t) => {
  t.match(readComplaint(await jmrp('staff@hotmail.com')), {
    detector: 'jmrp',
    addresses: ['ann@hotmail.example'],
    feedbackType: 'abuse',
  });
  t.equal(readComplaint(await jmrp('eve@example.com')), null);
});

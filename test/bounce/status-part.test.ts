import t from 'tap';
import { openBounceMessage } from '../../lib/bounce/bounce-message.ts';
import { readStatusPart } from '../../lib/bounce/status-part.ts';

/** A report with this status part. */
const report = (status: string, type = 'message/delivery-status', top = '; report-type=delivery-status') =>
  Buffer.from(
    `From: MAILER-DAEMON@mx.org\r\nContent-Type: multipart/report${top}; boundary="b"\r\n\r\n--b\r\n\r\nSorry.\r\n` +
      `--b\r\nContent-Type: ${type}\r\n\r\n${status.replaceAll('\n', '\r\n')}\r\n` +
      '--b\r\nContent-Type: message/rfc822\r\n\r\nTo: x@y.org\r\n\r\nhello\r\n--b--\r\n',
    'latin1',
  );
const reported = async (message: Buffer) =>
  (await openBounceMessage(message, { sender: '', member: null })).reported;
const read = async (status: string, type?: string, top?: string) => reported(report(status, type, top));
const first = async (fields: string) => (await read(`Reporting-MTA: dns; mx.org\n\n${fields}\n`))[0];

await t.test('the plain case', async (t) => {
  t.same(
    await read(
      'Reporting-MTA: dns; mx.org\n\nFinal-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: 5.1.1\n' +
        'Diagnostic-Code: smtp; 550 5.1.1 no such\n  user here\n\n' +
        'Final-Recipient: RFC822;bob@example.org\nAction: delayed\nStatus: 4.4.1 (no answer)\n',
    ),
    [
      {
        address: 'ann@example.org',
        action: 'failed',
        status: '5.1.1',
        diagnostic: '550 5.1.1 no such user here',
      },
      { address: 'bob@example.org', action: 'delayed', status: '4.4.1', diagnostic: null },
    ],
  );
});

await t.test('forms of the address', async (t) => {
  for (const [field, address] of [
    ['Final-Recipient: ann@example.org', 'ann@example.org'],
    ['Final-Recipient: <ann@example.org>', 'ann@example.org'],
    ['Final-Recipient: rfc822; <ann@example.org>', 'ann@example.org'],
    [
      'Original-Recipient: rfc822;old@example.org\nFinal-Recipient: rfc822;new@example.org',
      'old@example.org',
    ],
    ['Original-Recipient: rfc822;\nFinal-Recipient: rfc822;new@example.org', 'new@example.org'],
    ['Original-Recipient: rfc822;a+2Btag@example.org', 'a+tag@example.org'],
    ['Original-Recipient: rfc822;a+tag@example.org', 'a+tag@example.org'],
    ['Original-Recipient: rfc822;ann+40example.org', 'ann@example.org'],
    ['Final-Recipient: utf-8; j\\x{F6}rg@example.org', 'jörg@example.org'],
    ['Final-Recipient: utf-8; j\xc3\xb6rg@example.org', 'jörg@example.org'],
    ['Final-Recipient: rfc822;\n ann@example.org', 'ann@example.org'],
  ] as const) {
    t.equal((await first(`${field}\nAction: failed`))?.address, address, field);
  }
});

await t.test('actions', async (t) => {
  for (const [word, action] of [
    ['failed', 'failed'],
    ['Failed (really)', 'failed'],
    ['error', 'failed'],
    ['delayed', 'delayed'],
    ['delivered', 'delivered'],
    ['relayed', 'relayed'],
    ['expanded', 'expanded'],
    ['exploded', 'other'],
  ] as const) {
    t.equal(
      (await first(`Final-Recipient: rfc822;a@x.org\nAction: ${word}\nStatus: 5.0.0`))?.action,
      action,
      word,
    );
  }
  t.equal((await first('Final-Recipient: rfc822;a@x.org\nStatus: 5.0.0'))?.action, 'failed', 'no action, 5');
  t.equal((await first('Final-Recipient: rfc822;a@x.org\nStatus: 4.0.0'))?.action, 'delayed', 'no action, 4');
  t.equal(
    (await first('Final-Recipient: rfc822;a@x.org\nStatus: 2.0.0'))?.action,
    'delivered',
    'no action, 2',
  );
  t.match(await first('Final-Recipient: rfc822;a@x.org\nStatus: none'), { action: 'other', status: null });
});

await t.test('reports that are not quite right', async (t) => {
  const status = 'Reporting-MTA: dns; mx.org\n\nFinal-Recipient: rfc822; ann@example.org\nAction: failed\n';
  t.equal((await read(status, 'message/global-delivery-status')).length, 1);
  t.equal((await read(status, 'Message/Delivery-Status; charset=us-ascii', ''))?.length, 1, 'no report-type');
  t.equal((await read(status.replace('\n\n', '\n'))).length, 1, 'no empty line between');
  t.equal((await read(status.replace('\n\n', '\n \n\n\n'))).length, 1, 'too many of them');
  t.equal((await read(`\n${status}`)).length, 1, 'an empty line before');
  t.same(
    await read('Reporting-MTA: dns; mx.org\n\nFinal-Recipient: x400; /c=x/\nAction: failed\n'),
    [{ address: null, action: 'failed', status: null, diagnostic: null }],
    'no address',
  );
  const cut = report(status);
  t.equal((await reported(cut.subarray(0, cut.indexOf('--b\r\nContent-Type: message/rfc822')))).length, 1);
  const lone = Buffer.from(`Content-Type: message/delivery-status\n\n${status}`);
  t.equal((await reported(lone)).length, 1, 'not in a multipart');
  const base64 = Buffer.from(
    `Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n${Buffer.from(status).toString('base64')}\n`,
  );
  t.equal((await reported(base64)).length, 1, 'encoded');
});

await t.test('what is no report', async (t) => {
  t.same(await reported(Buffer.from('Subject: x\n\nFinal-Recipient: rfc822; a@x.org\nAction: failed\n')), []);
  t.same(await reported(Buffer.alloc(0)), []);
  t.same(readStatusPart(Buffer.alloc(0)), []);
  const forwarded = Buffer.concat([
    Buffer.from(
      'Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n',
    ),
    report('Final-Recipient: rfc822; a@x.org\nAction: failed\n'),
    Buffer.from('\r\n--o--\r\n'),
  ]);
  t.same(await reported(forwarded), [], 'somebody else’s report, attached');
});

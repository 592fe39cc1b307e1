import t from 'tap';
import { composeNotice } from '../../lib/mail/compose.ts';
import { getField, parseHeader } from '../../lib/mail/header.ts';
import { parseMime } from '../../lib/mail/parse-mime.ts';

const notice = {
  from: { name: 'The dev list', address: 'dev-owner@lists.org' },
  to: 'ann@example.org',
  subject: 'Your message waits',
  text: 'Hello\n\nIt waits.\n',
  messageId: '<n1@lists.org>',
  date: new Date(0),
};

await t.test('a plain notice', async (t) => {
  t.equal(
    (await composeNotice(notice)).toString(),
    [
      'From: The dev list <dev-owner@lists.org>',
      'To: ann@example.org',
      'Subject: Your message waits',
      'Message-ID: <n1@lists.org>',
      'Date: Thu, 01 Jan 1970 00:00:00 +0000',
      'Auto-Submitted: auto-generated',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 7bit',
      '',
      'Hello',
      '',
      'It waits.',
      '',
    ].join('\r\n'),
  );
});

await t.test('text beyond ASCII and long lines', async (t) => {
  const text = `Grüße 日本\n${'x'.repeat(2000)}\n\ntrailing blank \n.\nFrom here\n`;
  const bytes = await composeNotice({
    ...notice,
    text,
    subject: 'Grüße 😀',
    from: { name: 'Jörg', address: 'j@x.org' },
  });
  t.match(bytes.toString('latin1'), /^[\r\n\x20-\x7e]*$/);
  t.ok(
    bytes
      .toString('latin1')
      .split('\r\n')
      .every((line) => line.length <= 78),
  );
  const email = await parseMime(bytes);
  t.equal(email?.text?.replaceAll('\r\n', '\n').trimEnd(), text.trimEnd());
  t.equal(email?.subject, 'Grüße 😀');
  t.match(email?.from, { name: 'Jörg', address: 'j@x.org' });
});

await t.test('an answer with more fields', async (t) => {
  const bytes = await composeNotice({
    ...notice,
    inReplyTo: ' <q1@x.org> junk',
    fields: [['X-Token', 'abc']],
  });
  const header = parseHeader(bytes);
  t.equal(getField(header, 'In-Reply-To'), '<q1@x.org>');
  t.equal(getField(header, 'References'), '<q1@x.org>');
  t.equal(getField(header, 'Auto-Submitted'), 'auto-replied');
  t.equal(getField(header, 'X-Token'), 'abc');
  const odd = parseHeader(await composeNotice({ ...notice, inReplyTo: 'no id\r\nBcc: x@y.org' }));
  t.equal(getField(odd, 'In-Reply-To'), null, 'an id that is none is left out');
  t.equal(getField(odd, 'Bcc'), null);
  t.equal(getField(odd, 'Auto-Submitted'), 'auto-replied');
});

await t.test('the header of the message it is about', async (t) => {
  const attachHead = Buffer.from('Subject: b\xfccher\nX: --=_x\n', 'latin1');
  const bytes = await composeNotice({ ...notice, text: 'é', attachHead });
  t.same(
    await composeNotice({ ...notice, text: 'é', attachHead }),
    bytes,
    'the same arguments, the same bytes',
  );
  t.notMatch(bytes.toString('latin1'), /[^\r]\n/);
  const email = await parseMime(bytes);
  t.equal(email?.text?.trim(), 'é');
  t.equal(email?.attachments[0]?.mimeType, 'text/rfc822-headers');
  const content = email?.attachments[0]?.content;
  t.ok(content instanceof ArrayBuffer || content instanceof Uint8Array);
  t.equal(
    Buffer.from(new Uint8Array(content as ArrayBuffer)).toString('latin1'),
    'Subject: b\xfccher\r\nX: --=_x\r\n',
  );
});

await t.test('nobody adds a field', async (t) => {
  const evil = 'x\r\nBcc: evil@example.org\r\n\r\nbody';
  const bytes = await composeNotice({ ...notice, subject: evil, from: { name: evil, address: 'a@b.org' } });
  const header = parseHeader(bytes);
  t.equal(getField(header, 'Bcc'), null);
  t.equal(getField(header, 'Subject'), 'x Bcc: evil@example.org body');
  t.same((await parseMime(bytes))?.from, { name: 'x Bcc: evil@example.org body', address: 'a@b.org' });
  await t.rejects(composeNotice({ ...notice, to: `a@b.org${evil}` }), /cannot write a mailbox/);
  await t.rejects(composeNotice({ ...notice, messageId: evil }), /cannot add a header field/);
  await t.rejects(composeNotice({ ...notice, fields: [['X', evil]] }), /cannot add a header field/);
});

import t from 'tap';
import { parseMime } from '../../lib/mail/parse-mime.ts';
import { type Notice, noticeOutput } from '../../lib/post/notice.ts';
import { entryOf, NOON } from '../support/runner-rig.ts';
import { listSettings } from '../support/settings.ts';

const ENTRY = entryOf('Subject: x\n\n');
const NOTICE: Notice = { tag: 'held', to: ['olga@example.org'], subject: 'A post waits', text: 'It waits.' };

const textOf = async (notice: Partial<Notice> = {}, list = listSettings()) =>
  (await noticeOutput(ENTRY, list, { ...NOTICE, ...notice })).message.head.toString('latin1');

await t.test('the bytes', async (t) => {
  t.equal(
    await textOf(),
    [
      'From: Friends of tea <friends-owner@example.org>',
      'To: olga@example.org',
      'Subject: A post waits',
      `Message-ID: <${ENTRY.id}.held@example.org>`,
      'Date: Mon, 23 Nov 2026 12:00:00 +0000',
      'Auto-Submitted: auto-generated',
      'X-BeenThere: friends-owner@example.org',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 7bit',
      '',
      'It waits.',
      '',
    ].join('\r\n'),
  );
  const attachHead = Buffer.from('Subject: J\xfcrgen\n', 'latin1');
  t.equal(await textOf({ attachHead }), await textOf({ attachHead }), 'the same at every repeat');
  t.not(await textOf({ tag: 'a' }), await textOf({ tag: 'b' }), 'a tag tells two notices of one entry apart');
});

await t.test('the entry: for virgin, with the null reverse-path', async (t) => {
  const { queue, meta, message } = await noticeOutput(ENTRY, listSettings(), NOTICE);
  t.equal(queue, 'virgin');
  t.match(meta, { list: 'friends@example.org', sender: '', recipients: ['olga@example.org'], role: null });
  t.equal(message.tailFrom, null, 'nothing of the message it is about');
  t.equal(NOON, ENTRY.receivedAt);
});

await t.test('several owners are not named to each other', async (t) => {
  const to = ['olga@example.org', 'otto@example.org'];
  const { meta, message } = await noticeOutput(ENTRY, listSettings(), { ...NOTICE, to });
  t.same(meta.recipients, to);
  t.match(message.head.toString(), '\r\nTo: friends-owner@example.org\r\n');
});

await t.test('an answer, from another address, with a strange name', async (t) => {
  const list = listSettings({ description: 'Jürgen, "Tee" <x>' });
  const text = await textOf({ from: 'friends-confirm+tok@example.org', inReplyTo: '<q@x>' }, list);
  t.match(text, '\r\nIn-Reply-To: <q@x>\r\n');
  t.match(text, '\r\nAuto-Submitted: auto-replied\r\n');
  const email = await parseMime(Buffer.from(text, 'latin1'));
  t.match(email?.from, { name: 'Jürgen, "Tee" <x>', address: 'friends-confirm+tok@example.org' });
  t.notMatch(await textOf({ inReplyTo: null }), 'In-Reply-To');
});

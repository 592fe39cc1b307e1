import t from 'tap';
import type { ListSettings } from '../../lib/config/site.ts';
import { parseHeader } from '../../lib/mail/header.ts';
import { prepareForOwners, preparePost } from '../../lib/post/prepare.ts';
import { NOON } from '../support/runner-rig.ts';
import { listSettings } from '../support/settings.ts';

const ARRIVAL = { id: '1795435200000000-00112233445566778899', receivedAt: NOON, sender: 'ann@example.org' };
const WHOLE =
  'From: ann@example.org\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <m@x>\nSubject: tea\n\nbody\n';

/** The post as members get it, as latin1. */
async function prepared(message: string, list: Partial<ListSettings> = {}, arrival = {}): Promise<string> {
  const bytes = Buffer.from(message, 'latin1');
  const { head, tailFrom } = await preparePost(listSettings(list), bytes, parseHeader(bytes), {
    ...ARRIVAL,
    ...arrival,
  });
  return Buffer.concat([head, bytes.subarray(tailFrom)]).toString('latin1');
}

/** What a list adds, in its order. */
const ADDED = [
  'X-BeenThere: friends@example.org',
  'Precedence: list',
  'List-Id: Friends of tea <friends.example.org>',
  'List-Post: <mailto:friends@example.org>',
  'List-Help: <mailto:friends-request@example.org?subject=help>',
  'List-Subscribe: <mailto:friends-join@example.org>',
  'List-Unsubscribe: <mailto:friends-leave@example.org>',
  'List-Owner: <mailto:friends-owner@example.org>',
];

await t.test('fields are added, the subject gets its prefix, and nothing else', async (t) => {
  const [head = ''] = WHOLE.split('\n\n');
  const expected = [...head.replace('tea', '[friends] tea').split('\n'), ...ADDED, '', 'body', ''].join('\n');
  t.equal(await prepared(WHOLE), expected);
  t.equal(await prepared(WHOLE.replaceAll('\n', '\r\n')), expected.replaceAll('\n', '\r\n'), 'with CRLF');
  t.equal(await prepared(WHOLE, { subjectPrefix: '' }), expected.replace('[friends] ', ''));
});

await t.test('the body and foreign fields keep their bytes', async (t) => {
  const odd = [
    'X-Odd:   two  blanks\t',
    'X-Folded: a\n\tb\n   c ',
    'X-8bit: J\xfcrgen \xff\xfe',
    'x-lower:no blank',
    'X-Nul: a\0b',
    'DKIM-Signature: v=1; b=abc\n  def',
    'Received: from a\n\tby b',
    'Received: from c',
  ];
  const bodies = [
    '',
    '\n',
    'no end',
    'a\r\nb\nc\rd',
    '\0\xff\n.\n..\nFrom x\n',
    'X-BeenThere: no field\n',
    '\n\n\n',
  ];
  for (const body of bodies) {
    const message = `${odd.join('\n')}\n${WHOLE.split('\n\n')[0]}\n\n${body}`;
    const result = await prepared(message);
    t.ok(result.endsWith(`\n\n${body}`), JSON.stringify(body));
    t.ok(result.startsWith(`${odd.join('\n')}\n`), 'fields in their order, as they were');
  }
});

await t.test('the fields of other lists are replaced, ours are not doubled', async (t) => {
  const foreign = [
    'List-Id: <other.example.com>',
    'List-Post: <mailto:other@example.com>',
    'List-Unsubscribe:\n <mailto:other-leave@example.com>',
    'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
    'list-archive: <https://example.com>',
    'Precedence: bulk',
    'X-BeenThere: other@example.com',
  ];
  const result = await prepared(`${foreign.join('\n')}\n${WHOLE}`);
  t.notMatch(result, /other\.example|One-Click|Precedence: bulk|other-leave|example\.com>/);
  t.match(result, 'X-BeenThere: other@example.com\n', 'the mark of another list stays: it guards a loop');
  t.equal(result.match(/^List-Id:/gm)?.length, 1);
  const archived = await prepared(WHOLE, { archiveUrl: 'https://example.org/a b' });
  t.match(archived, 'List-Archive: <https://example.org/a%20b>\n');
});

await t.test('nobody is told to join a closed list', async (t) => {
  const result = await prepared(WHOLE, { subscribe: 'closed' });
  t.notMatch(result, 'List-Subscribe');
  t.match(result, 'List-Unsubscribe: <mailto:friends-leave@example.org>\n');
});

await t.test('what the last delivery wrote of the envelope is taken off', async (t) => {
  const result = await prepared(
    `From ann@example.org Mon Nov 23 10:00:00 2026\nReturn-Path: <a@x>\n${WHOLE}`,
  );
  t.ok(result.startsWith('From: ann@example.org\n'));
  t.notMatch(result, 'Return-Path');
});

const subjectOf = async (field: string, prefix = '[friends] ') =>
  /^Subject: (.*(?:\n .*)*)$/m.exec(
    await prepared(WHOLE.replace('Subject: tea', field), { subjectPrefix: prefix }),
  )?.[1];

await t.test('the subject', async (t) => {
  t.equal(await subjectOf('Subject: Re: [friends] tea'), 'Re: [friends] tea', 'not twice');
  t.equal(await subjectOf('Subject: Re: tea'), '[friends] Re: tea');
  t.equal(
    await subjectOf('Subject: =?utf-8?Q?J=C3=BC?='),
    '[friends] =?utf-8?Q?J=C3=BC?=',
    'words as they are',
  );
  t.equal(await subjectOf('X-None: x'), '[friends] (no subject)');
  t.equal(await subjectOf('Subject: one\nSubject: two'), '[friends] one', 'a second Subject goes');
  t.match(await subjectOf('Subject: tea', '[Fröhlich] '), /^=\?utf-8\?/, 'a prefix beyond ASCII is encoded');
});

await t.test('Reply-To', async (t) => {
  const own = WHOLE.replace('Subject', 'Reply-To: ann@home.example\nSubject');
  t.match(await prepared(own), 'Reply-To: ann@home.example\n', 'the author’s is left');
  t.notMatch(await prepared(WHOLE), 'Reply-To');
  const toList = await prepared(own, { replyTo: 'list' });
  t.match(toList, 'Reply-To: Friends of tea <friends@example.org>\n');
  t.equal(toList.match(/Reply-To/g)?.length, 1);
});

await t.test('what the author’s program left out', async (t) => {
  const result = await prepared('Subject: tea\n\nbody\n');
  t.match(result, '\nFrom: ann@example.org\n');
  t.match(result, '\nDate: Mon, 23 Nov 2026 12:00:00 +0000\n');
  t.match(result, `\nMessage-ID: <${ARRIVAL.id}@example.org>\n`);
  t.match(await prepared('Subject: tea\n\n', {}, { sender: '' }), '\nFrom: friends@example.org\n');
  t.match(await prepared('Subject: tea\n\n', {}, { sender: null }), '\nFrom: friends@example.org\n');
  t.equal((await prepared(WHOLE)).match(/^(From|Date|Message-ID):/gm)?.length, 3, 'none is doubled');
});

await t.test('no header section at all', async (t) => {
  for (const body of [
    'just words\nand more\n',
    '\nafter an empty line\n',
    'one line without an end',
    '\0\xff',
  ]) {
    const result = await prepared(body);
    const [head = '', ...rest] = result.split('\n\n');
    t.match(head, 'List-Id:');
    t.match(head, 'From: ann@example.org');
    t.equal(rest.join('\n\n'), body.replace(/^\n/, ''), JSON.stringify(body));
  }
  const unended = await prepared('From: ann@example.org\nSubject: a');
  t.match(unended, '\nSubject: [friends] a\n');
  t.match(unended, /\nList-Owner: .*\n\n$/, 'a header section without an end is ended');
});

await t.test('only the beginning of a message is needed', async (t) => {
  const bytes = Buffer.from(`${WHOLE}${'x'.repeat(100_000)}`);
  const part = bytes.subarray(0, 1000);
  const list = listSettings();
  const whole = await preparePost(list, bytes, parseHeader(bytes), ARRIVAL);
  t.same(await preparePost(list, part, parseHeader(part), ARRIVAL), whole);
});

await t.test('mail for the owners is only marked', async (t) => {
  const bytes = Buffer.from(`Return-Path: <a@x>\n${WHOLE}`);
  const { head, tailFrom } = prepareForOwners(listSettings(), bytes, parseHeader(bytes), ARRIVAL);
  const [expected = ''] = WHOLE.split('\n\n');
  t.equal(head.toString(), `${expected}\nX-BeenThere: friends-owner@example.org\n`);
  t.equal(bytes.subarray(tailFrom).toString(), '\nbody\n');
});

import t from 'tap';
import { decodeWords } from '../../lib/mail/encoded-word.ts';
import { appendFields, EMPTY_HEADER } from '../../lib/mail/header.ts';
import { LIST_FIELDS, listFields, prefixSubject } from '../../lib/mail/list-headers.ts';

const dev = { name: 'dev', domain: 'lists.org', description: '', archiveUrl: null };

await t.test('the fields of a list', async (t) => {
  t.same(listFields({ ...dev, description: 'Talk, mostly', archiveUrl: 'https://a.org/dev/' }), [
    ['List-Id', '"Talk, mostly" <dev.lists.org>'],
    ['List-Post', '<mailto:dev@lists.org>'],
    ['List-Help', '<mailto:dev-request@lists.org?subject=help>'],
    ['List-Subscribe', '<mailto:dev-join@lists.org>'],
    ['List-Unsubscribe', '<mailto:dev-leave@lists.org>'],
    ['List-Owner', '<mailto:dev-owner@lists.org>'],
    ['List-Archive', '<https://a.org/dev/>'],
  ]);
  const fields = new Map(listFields(dev, { posting: false, subscribing: false }));
  t.equal(fields.get('List-Id'), '<dev.lists.org>');
  t.equal(fields.get('List-Post'), 'NO');
  t.notOk(fields.has('List-Subscribe'));
  t.notOk(fields.has('List-Archive'));
});

await t.test('odd settings make correct fields all the same', async (t) => {
  const odd = {
    name: 'c&a%',
    domain: 'lists.org',
    description: 'Größe\r\nBcc: x@y.org <dev.evil.org>',
    archiveUrl: 'https://a.org/ä> <https://evil.org/\n',
  };
  const fields = listFields(odd);
  t.doesNotThrow(() => appendFields(EMPTY_HEADER, fields));
  t.ok(fields.every(([, value]) => /^[\x20-\x7e]+$/.test(value)));
  t.ok(
    fields.every(([name]) => LIST_FIELDS.includes(name)),
    'all of ours are removed before they are added',
  );
  const byName = new Map(fields);
  t.equal(byName.get('List-Post'), '<mailto:c%26a%25@lists.org>');
  t.equal(byName.get('List-Archive'), '<https://a.org/%C3%A4%3E%20%3Chttps://evil.org/%0A>');
  t.match(byName.get('List-Id'), /^[^<>]+ <c&a%\.lists\.org>$/);
  t.equal(
    await decodeWords(byName.get('List-Id') ?? ''),
    'Größe Bcc: x@y.org <dev.evil.org> <c&a%.lists.org>',
  );
});

await t.test('a prefix that is missing is put first', async (t) => {
  for (const [raw, wanted] of [
    ['foo', '[x] foo'],
    ['Re: foo', '[x] Re: foo'],
    ['Re: [y] foo', '[x] Re: [y] foo'],
    ['foo [x]', '[x] foo [x]'],
    ['=?utf-8?Q?Gr=C3=BC=C3=9Fe?=', '[x] =?utf-8?Q?Gr=C3=BC=C3=9Fe?='],
    ['=?ISO-8859-1?q?Gr=FC=DFe?= =?utf-8?b?w6A=?=', '[x] =?ISO-8859-1?q?Gr=FC=DFe?= =?utf-8?b?w6A=?='],
    ['', '[x] (no subject)'],
    [null, '[x] (no subject)'],
    ['a\0b\rc', '[x] a b c'],
  ] as const) {
    t.equal(await prefixSubject(raw, '[x] '), wanted, String(raw));
  }
});

await t.test('a prefix that is there stays', async (t) => {
  for (const raw of [
    '[x] foo',
    '[X] foo',
    'Re: [x] foo',
    'AW: Fwd: [x] foo',
    '[y] Re: [x] foo',
    '=?utf-8?Q?=5Bx=5D_Gr=C3=BC=C3=9Fe?=',
    '=?utf-8?Q?AW:_=5Bx=5D_Gr=C3=BC=C3=9Fe?=',
  ]) {
    t.equal(await prefixSubject(raw, '[x]'), null, raw);
  }
  t.equal(await prefixSubject('foo', ''), null, 'no prefix');
  t.equal(await prefixSubject('foo', ' '), null);
});

await t.test('a prefix beyond ASCII', async (t) => {
  for (const raw of ['foo', '=?utf-8?Q?Gr=C3=BC=C3=9Fe?=', '=?utf-8?B?w6A=?= x']) {
    const subject = (await prefixSubject(raw, '[Bücher]')) ?? '';
    t.match(subject, /^[\x20-\x7e]+$/);
    t.ok(subject.endsWith(` ${raw}`), 'the author’s words are kept');
    t.equal(await decodeWords(subject), `[Bücher] ${await decodeWords(raw)}`);
    t.equal(await prefixSubject(subject, '[bücher]'), null, 'and is found again');
  }
});

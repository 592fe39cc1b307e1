import t from 'tap';
import { parseHeader } from '../../lib/mail/header.ts';
import { authorOf } from '../../lib/runners/author-of.ts';

const of = (from: string, sender: string | null = null) =>
  authorOf(parseHeader(Buffer.from(from === '' ? '\n' : `From: ${from}\n\n`)), sender);

await t.test('from From', async (t) => {
  t.same(await of('Ann Smith <Ann@EXAMPLE.org>'), { address: 'Ann@example.org', name: 'Ann Smith' });
  t.same(await of('a@x.org, b@x.org', 'c@x.org'), { address: 'a@x.org', name: '' });
  t.same(await of('undisclosed <nobody>, b@x.org'), { address: 'b@x.org', name: '' });
});

await t.test('else from the reverse-path', async (t) => {
  t.same(await of('', 'c@x.org'), { address: 'c@x.org', name: '' });
  t.same(await of('nonsense', 'c@x.org'), { address: 'c@x.org', name: '' });
  for (const sender of ['', null, 'nonsense']) t.equal(await of('', sender), null);
});

await t.test('a name is decoded and harmless', async (t) => {
  t.equal((await of('=?utf-8?Q?J=C3=BCrgen?= <j@x.org>'))?.name, 'Jürgen');
  t.equal((await of('=?utf-8?Q?a=0Ab=1B[31m?= <j@x.org>'))?.name, 'a b [31m');
  t.equal((await of(`${'x'.repeat(500)} <j@x.org>`))?.name.length, 100);
});

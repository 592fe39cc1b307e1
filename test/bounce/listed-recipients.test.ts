import t from 'tap';
import {
  addressesIn,
  listedRecipients,
  readAddress,
  tidyDiagnostic,
} from '../../lib/bounce/listed-recipients.ts';

const list = (text: string, form = {}) =>
  listedRecipients(text.split('\n'), form).map(({ address, diagnostic }) => [address, diagnostic]);

await t.test('forms of a recipient', async (t) => {
  for (const line of [
    'ann@example.org',
    '  <ann@example.org>:',
    "'ann@example.org'",
    '"ann@example.org":',
    '- ann@example.org',
    '* <ann@example.org>',
    'To: ann@example.org',
    '<mailto:ann@example.org>',
    'smtp:ann@example.org',
    'ann@example.org (ann@example.org)',
    'ann@example.org.',
  ]) {
    t.same(list(line)[0]?.[0], 'ann@example.org', line);
  }
});

await t.test('what was answered stands behind or below', async (t) => {
  t.same(list('<ann@example.org>: 550 no\n  such user\n\nIf you need help'), [
    ['ann@example.org', '550 no such user'],
  ]);
  t.same(list('<ann@example.org>:\n\n550 no\n\nIf you need help'), [['ann@example.org', '550 no']]);
  t.same(list('ann@example.org\n\nFor this reason:\n\nfull\n\nIf you'), [
    ['ann@example.org', 'For this reason: full'],
  ]);
  t.same(list('ann@example.org\nben@example.com\nno'), [
    ['ann@example.org', null],
    ['ben@example.com', 'no'],
  ]);
  t.same(list('ann@example.org: one\nben@example.com: two\nAnn@example.org: three'), [
    ['ann@example.org', 'one three'],
    ['ben@example.com', 'two'],
  ]);
});

await t.test('only the first column, and names', async (t) => {
  t.same(list('<ann@example.org>: said\n  <ben@example.com> no', { flush: true }), [
    ['ann@example.org', 'said <ben@example.com> no'],
  ]);
  t.same(list('Ann Example <ann@example.org>\nno'), []);
  t.same(list('Ann Example <ann@example.org>\nno', { named: true }), [['ann@example.org', 'no']]);
});

await t.test('addresses', async (t) => {
  t.same(addressesIn('from <a@b.org>, "c@d.org" and e@f.org.'), ['a@b.org', 'c@d.org', 'e@f.org']);
  t.same(addressesIn('no @ here, a@localhost, @b.org'), []);
  t.equal(readAddress('Ann@EXAMPLE.org.'), 'Ann@example.org');
  t.equal(readAddress("o'brien@example.org"), "o'brien@example.org");
  t.equal(readAddress(''), null);
});

await t.test('diagnostics', async (t) => {
  t.equal(tidyDiagnostic(' a \n\t b '), 'a b');
  t.equal(tidyDiagnostic(' '), null);
  t.equal(tidyDiagnostic('x'.repeat(2000))?.length, 1000);
});

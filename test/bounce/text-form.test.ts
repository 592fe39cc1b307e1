import t from 'tap';
import { linesBelow, readForms, sentence } from '../../lib/bounce/text-form.ts';

await t.test('lines below', async (t) => {
  const lines = ['a', 'start', 'b', 'c', 'end', 'd', 'start', 'e'];
  t.same(linesBelow(lines, /^start/, /^end/), ['b', 'c']);
  t.same(linesBelow(lines, /^start/), ['b', 'c', 'end', 'd', 'start', 'e']);
  t.same(linesBelow(lines, /^start/, /^nothing/)?.length, 6);
  t.equal(linesBelow(lines, /^nothing/), null);
  t.equal(linesBelow(['start', ...Array<string>(1000).fill('x')], /^start/)?.length, 300);
});

await t.test('recipients in a sentence', async (t) => {
  const forms = [{ start: sentence('^mail to <?{address}>? failed') }];
  t.same(readForms(['Mail to <ann@example.org> failed: no', 'more', '', 'other', '', 'end'], forms), [
    { address: 'ann@example.org', status: null, diagnostic: 'no more other' },
  ]);
  t.equal(readForms(['mail to nobody failed'], forms), null);
  t.equal(readForms(['mail to a@b failed'], forms), null, 'no domain');
});

await t.test('the first form that finds somebody', async (t) => {
  const forms = [{ start: /^one:/ }, { start: /^two:/, end: /^end/ }];
  t.same(readForms(['one:', 'nobody', 'two:', 'ann@example.org', 'end', 'ben@example.com'], forms), [
    { address: 'ann@example.org', status: null, diagnostic: 'end' },
    { address: 'ben@example.com', status: null, diagnostic: null },
  ]);
  t.match(readForms(['two:', 'ann@example.org', 'end', 'ben@example.com'], forms), [{ diagnostic: null }]);
  t.equal(readForms([], forms), null);
});

import t from 'tap';
import {
  confirmAddress,
  listAddress,
  listId,
  parseRole,
  splitListAddress,
} from '../../lib/mail/list-address.ts';

const dev = { name: 'dev', domain: 'lists.example.org' };
const read = (address: string) =>
  splitListAddress(address).candidates.map(
    ({ name, domain, role, extension }) => `${name} ${domain} ${role} ${extension}`,
  );

await t.test('listAddress', async (t) => {
  t.equal(listAddress(dev, 'posting'), 'dev@lists.example.org');
  t.equal(listAddress(dev, 'request'), 'dev-request@lists.example.org');
  t.equal(listAddress(dev, 'confirm', 'AbC123'), 'dev-confirm+AbC123@lists.example.org');
});

await t.test('splitListAddress reads the literal name first', async (t) => {
  t.same(read('dev@x.org'), ['dev x.org posting null']);
  t.same(read('DEV-Request@X.org'), ['dev-request x.org posting null', 'dev x.org request null']);
  t.same(read('my-dev-owner@x.org'), ['my-dev-owner x.org posting null', 'my-dev x.org owner null']);
  t.same(read('a-owner-request@x.org'), ['a-owner-request x.org posting null', 'a-owner x.org request null']);
});

await t.test('every suffix', async (t) => {
  for (const [suffix, role] of [
    ['owner', 'owner'],
    ['request', 'request'],
    ['bounces', 'bounces'],
    ['admin', 'bounces'],
    ['join', 'join'],
    ['subscribe', 'join'],
    ['leave', 'leave'],
    ['unsubscribe', 'leave'],
    ['confirm', 'confirm'],
  ] as const) {
    t.equal(read(`dev-${suffix}@x.org`)[1], `dev x.org ${role} null`);
    t.equal(parseRole(suffix), role);
  }
  t.equal(parseRole('Post'), 'posting');
  t.equal(parseRole('posting'), 'posting');
  for (const word of ['', 'constructor', 'dev']) t.equal(parseRole(word), null);
  t.equal(read('dev-constructor@x.org').length, 1);
});

await t.test('the extension is cut at the first + and keeps its case', async (t) => {
  t.same(read('dev-bounces+Ann+x=Example.org@x.org'), [
    'dev-bounces x.org posting Ann+x=Example.org',
    'dev x.org bounces Ann+x=Example.org',
  ]);
  t.same(read('dev+@x.org'), ['dev x.org posting ']);
  for (const role of ['posting', 'owner', 'request', 'bounces', 'join', 'leave', 'confirm'] as const) {
    const { candidates } = splitListAddress(listAddress(dev, role, 'Ext'));
    t.match(candidates.at(-1), { ...dev, role, extension: 'Ext' }, `${role} round trip`);
  }
});

await t.test('what is no address of a list', async (t) => {
  for (const address of ['', 'dev', '@x.org', '+x@x.org', 'a@b@c', '"dev"@x.org'])
    t.same(read(address), [], address);
  t.same(read('-request@x.org'), ['-request x.org posting null']);
});

await t.test('listId', async (t) => {
  t.equal(listId({ name: 'Dev', domain: 'lists.example.org' }), 'dev.lists.example.org');
});

const named = (length: number) => ({ name: 'b'.repeat(length), domain: 'x.org' });

await t.test('where a reply that confirms goes', async (t) => {
  const token = 'a'.repeat(32);
  t.equal(confirmAddress(named(23), token), `${'b'.repeat(23)}-confirm+${token}@x.org`);
  t.equal(confirmAddress(named(24), token), `${'b'.repeat(24)}-request@x.org`, 'no room for the token');
});

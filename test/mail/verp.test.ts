import t from 'tap';
import { splitListAddress } from '../../lib/mail/list-address.ts';
import { memberOfVerp, verpAddress } from '../../lib/mail/verp.ts';

const bounces = 'dev-bounces@lists.org';

await t.test('there and back', async (t) => {
  t.equal(verpAddress(bounces, 'ann@example.org'), 'dev-bounces+ann=example.org@lists.org');
  for (const member of ['ann@example.org', 'a+tag@example.org', 'a=b@example.org', "o'x!y@sub.example.org"]) {
    const address = verpAddress(bounces, member);
    t.ok(address, member);
    t.equal(memberOfVerp(splitListAddress(address ?? '').candidates.at(-1)?.extension ?? ''), member);
  }
});

await t.test('what cannot be carried', async (t) => {
  const longest = `${'a'.repeat(64 - 'dev-bounces+=example.org'.length)}@example.org`;
  t.ok(verpAddress(bounces, longest), '64 octets fit');
  t.equal(verpAddress(bounces, `a${longest}`), null, '65 do not');
  for (const member of ['"a b"@x.org', '"ab"@x.org', 'jörg@x.org', 'a@[192.0.2.1]', 'a', 'a b@x.org', '']) {
    t.equal(verpAddress(bounces, member), null, member);
  }
  t.equal(verpAddress('no-address', 'a@x.org'), null);
});

await t.test('extensions that name nobody', async (t) => {
  for (const extension of ['', 'token123', '=', 'a=', '=x.org', 'a b=x.org', 'a=x..org']) {
    t.equal(memberOfVerp(extension), null, extension);
  }
});

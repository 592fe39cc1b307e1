import t from 'tap';
import {
  addressKey,
  addressProblem,
  formatMailbox,
  mailboxes,
  parseAddress,
} from '../../lib/mail/address.ts';

await t.test('addresses', async (t) => {
  for (const [given, kept] of [
    ['ann@example.org', 'ann@example.org'],
    ['Ann.B+tag=x@EXAMPLE.Org', 'Ann.B+tag=x@example.org'],
    ['root@localhost', 'root@localhost'],
    ["o'neil/{x}@a-b.example", "o'neil/{x}@a-b.example"],
    ['"odd..@dots"@example.org', '"odd..@dots"@example.org'],
    ['ann@bücher.example', 'ann@xn--bcher-kva.example'],
    ['jörg@example.org', 'jörg@example.org'],
    ['ann@[192.0.2.1]', 'ann@[192.0.2.1]'],
    ['ann@[IPv6:2001:DB8::1]', 'ann@[ipv6:2001:db8::1]'],
    [`${'a'.repeat(64)}@example.org`, `${'a'.repeat(64)}@example.org`],
  ] as const) {
    t.equal(parseAddress(given), kept, given);
    t.equal(addressProblem(given), null);
  }
});

await t.test('what is no address, and why', async (t) => {
  for (const [given, why] of [
    ['', /empty/],
    ['ann', /no @/],
    ['@example.org', /nothing before the @/],
    ['ann@', /not the name of a domain/],
    ['ann@exa mple.org', /blank/],
    ['ann@example.org\n', /blank or an invisible/],
    ['ann\0@example.org', /invisible/],
    ['ann\u202e@example.org', /invisible/],
    ['Ann <ann@example.org>', /blank/],
    ['<ann@example.org>', /bare address/],
    ['a..b@example.org', /before the @/],
    ['.a@example.org', /before the @/],
    ['a@b@example.org', /before the @/],
    ['"a@example.org', /before the @/],
    ['a,b@example.org', /before the @/],
    ['ann@-x.org', /domain/],
    ['ann@x..org', /domain/],
    ['ann@example.org.', /domain/],
    ['ann@192.0.2.1', /domain/],
    ['ann@[300.0.0.1]', /domain/],
    ['ann@ex_ample!.org', /domain/],
    [`${'a'.repeat(65)}@example.org`, /longer than 64/],
    [`${'ä'.repeat(33)}@example.org`, /longer than 64/],
    [
      `ann@${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(20)}`,
      /longer than 254/,
    ],
    [`"${'a'.repeat(1_000_000)}`, /longer than 254/],
  ] as const) {
    t.equal(parseAddress(given), null, given.slice(0, 40));
    t.match(addressProblem(given), why);
    t.ok((addressProblem(given) ?? '').length < 250);
  }
});

await t.test('addressKey', async (t) => {
  t.equal(addressKey('Ann.B@Example.org'), 'ann.b@example.org');
  t.equal(addressKey('jo\u0308rg@x.org'), addressKey('JÖRG@x.org'));
});

await t.test('mailboxes', async (t) => {
  t.same(mailboxes('Ann <ann@a.org>, "B, C" <b@b.org>, d@d.org'), [
    { name: 'Ann', address: 'ann@a.org' },
    { name: 'B, C', address: 'b@b.org' },
    { name: '', address: 'd@d.org' },
  ]);
  t.same(
    mailboxes('Team: x@x.org, Y <y@y.org>;').map((box) => box.address),
    ['x@x.org', 'y@y.org'],
  );
  t.same(mailboxes('undisclosed-recipients:;'), []);
  t.same(mailboxes('nobody at all'), []);
});

await t.test('formatMailbox', async (t) => {
  t.equal(formatMailbox('', 'a@b.org'), 'a@b.org');
  t.equal(formatMailbox('Ann B', 'a@b.org'), 'Ann B <a@b.org>');
  t.equal(formatMailbox('B, Ann', 'a@b.org'), '"B, Ann" <a@b.org>');
  t.match(formatMailbox('Jörg', 'a@b.org'), /^=\?utf-8\?Q\?J=C3=B6rg\?= <a@b\.org>$/);
  t.same(
    mailboxes(formatMailbox('x" <evil@e.org>, "y\r\nBcc: z@z', 'a@b.org')).map((box) => box.address),
    ['a@b.org'],
  );
  t.throws(() => formatMailbox('Ann', 'a@b.org>, <c@d.org'), /cannot write a mailbox/);
});

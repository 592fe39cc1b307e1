import t from 'tap';
import { isLoopback, parseAddress, parseDomain } from '../../lib/config/address.ts';

await t.test('domains', async (t) => {
  t.equal(parseDomain('Lists.Example.ORG'), 'lists.example.org');
  t.equal(parseDomain('localhost'), 'localhost');
  t.equal(parseDomain('bücher.example'), 'xn--bcher-kva.example');
  const wrong = [
    '',
    '.',
    'a..b',
    'a.',
    '.a',
    '-a.org',
    'a-.org',
    'a b',
    'a_b.org',
    '192.0.2.1',
    '1.2',
    '[::1]',
    'a/b',
  ];
  for (const text of [...wrong, `${'a'.repeat(64)}.org`, `${'abcdefgh.'.repeat(29)}org`]) {
    t.equal(parseDomain(text), null, JSON.stringify(text));
  }
});

await t.test('addresses', async (t) => {
  t.equal(parseAddress('Ada.L+lists@Example.ORG'), 'Ada.L+lists@example.org', 'the local part is left alone');
  t.equal(parseAddress("o'hara@example.org"), "o'hara@example.org");
  t.equal(parseAddress('ada@bücher.example'), 'ada@xn--bcher-kva.example');
  const wrong = [
    '',
    'ada',
    '@example.org',
    'ada@',
    'a@b@c',
    '.ada@example.org',
    'a..b@example.org',
    'ada @example.org',
  ];
  for (const text of [
    ...wrong,
    'Ada <ada@example.org>',
    '"a b"@example.org',
    'ada@example.org\r\nBcc: x@y',
  ]) {
    t.equal(parseAddress(text), null, JSON.stringify(text));
  }
  t.equal(parseAddress(`${'a'.repeat(65)}@example.org`), null, 'a local part of 65');
});

await t.test('loopback', async (t) => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])
    t.ok(isLoopback(host), host);
  for (const host of [
    'mail.example.org',
    '127.0.0.1.example.org',
    'localhost.example.org',
    '128.0.0.1',
    '',
  ]) {
    t.notOk(isLoopback(host), host);
  }
});

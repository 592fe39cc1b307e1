import t, { type Test } from 'tap';
import { type MxOptions, openMxLookup } from '../../lib/deliver/mx-hosts.ts';
import { type DnsEntry, dnsServer } from '../support/dns-server.ts';

type Settings = Parameters<typeof openMxLookup>[0];

/** Lookups in this zone. */
async function lookupIn(
  t: Test,
  zone: Record<string, DnsEntry>,
  { family = 'both', ...options }: Partial<MxOptions> & { family?: Settings['family'] } = {},
) {
  const server = await dnsServer(t, zone);
  const lookup = openMxLookup({ dns: [server.address], family }, options);
  t.teardown(() => lookup.close());
  return { ...lookup, server };
}

const ADDRESS = { A: ['192.0.2.1'] };
const hosts = (...pairs: [number, string][]) => ({
  kind: 'hosts',
  hosts: pairs.map(([preference, name]) => ({ name, preference })),
});
const failure = (kind: string, status: string, scope: string, reply: string | RegExp) => ({
  kind: 'failed',
  judgement: { kind, status, scope, reply },
});

await t.test('hosts', async (t) => {
  const { findMx, server } = await lookupIn(t, {
    'example.org': {
      MX: [
        [20, 'b.example.net'],
        [10, 'C.Example.NET'],
        [10, 'a.example.net'],
        [30, 'a.example.net'],
      ],
    },
    'a.example.net': ADDRESS,
    'b.example.net': ADDRESS,
    'c.example.net': ADDRESS,
    'xn--bcher-kva.example': { MX: [[0, 'a.example.net']] },
    'alias.example': { CNAME: 'example.org' },
  });
  const wanted = hosts([10, 'a.example.net'], [10, 'c.example.net'], [20, 'b.example.net']);
  t.same(await findMx('example.org'), wanted, 'by preference; each once');
  t.same(await findMx('Example.ORG'), wanted);
  t.same(await findMx('alias.example'), wanted, 'an alias');
  t.same(await findMx('Bücher.example'), hosts([0, 'a.example.net']));
  t.equal(server.asked.filter((question) => question === 'MX example.org').length, 1);
});

await t.test('implicit MX', async (t) => {
  const { findMx } = await lookupIn(t, {
    'four.example': ADDRESS,
    'six.example': { AAAA: ['2001:db8::1'] },
    'none.example': {},
    'alias.example': { CNAME: 'four.example' },
  });
  t.same(await findMx('four.example'), hosts([0, 'four.example']));
  t.same(await findMx('six.example'), hosts([0, 'six.example']));
  t.same(await findMx('alias.example'), hosts([0, 'alias.example']));
  t.same(
    await findMx('none.example'),
    failure('permanent', '5.4.4', 'recipient', 'the domain none.example has no mail server'),
  );
});

await t.test('domains that take no mail', async (t) => {
  const { findMx } = await lookupIn(t, {
    'null.example': { MX: [[0, '']], ...ADDRESS },
    'both.example': {
      MX: [
        [0, ''],
        [5, 'a.example.net'],
      ],
    },
    'a.example.net': ADDRESS,
  });
  t.same(
    await findMx('null.example'),
    failure('permanent', '5.1.10', 'recipient', 'the domain null.example takes no mail (null MX)'),
  );
  t.same(await findMx('both.example'), hosts([5, 'a.example.net']), 'RFC 7505 wants it alone');
  t.same(
    await findMx('nowhere.example'),
    failure('permanent', '5.1.2', 'recipient', 'the domain nowhere.example does not exist'),
  );
  for (const domain of ['', 'a b', 'a..b', '192.0.2.1', `${'x'.repeat(64)}.example`])
    t.match(await findMx(domain), failure('permanent', '5.1.2', 'recipient', /is no domain$/), domain);
});

await t.test('hosts that are of no use', async (t) => {
  const { findMx } = await lookupIn(t, {
    'example.org': {
      MX: [
        [5, '192.0.2.7'],
        [6, 'a b'],
        [7, 'gone.example.net'],
        [10, 'a.example.net'],
      ],
    },
    'literal.example': { MX: [[5, '192.0.2.7']], ...ADDRESS },
    'empty.example': {
      MX: [
        [5, 'gone.example.net'],
        [6, 'bare.example.net'],
      ],
      ...ADDRESS,
    },
    'zero.example': { MX: [[5, 'zero.example.net']] },
    'a.example.net': ADDRESS,
    'bare.example.net': {},
    'zero.example.net': { A: ['0.0.0.0'], AAAA: ['::'] },
  });
  t.same(await findMx('example.org'), hosts([7, 'gone.example.net'], [10, 'a.example.net']));
  const none = failure('permanent', '5.4.4', 'recipient', 'the domain literal.example has no mail server');
  t.same(await findMx('literal.example'), none, 'its own address is not for mail then');
  const names = 'no mail server of empty.example has an address: gone.example.net, bare.example.net';
  t.same(await findMx('empty.example'), failure('permanent', '5.4.4', 'recipient', names));
  t.match(await findMx('zero.example'), failure('permanent', '5.4.4', 'recipient', /zero\.example\.net/));
});

await t.test('trouble with DNS', async (t) => {
  const { findMx } = await lookupIn(
    t,
    {
      'broken.example': 'SERVFAIL',
      'silent.example': 'silent',
      'example.org': {
        MX: [
          [5, 'silent.example.net'],
          [6, 'gone.example.net'],
        ],
      },
      'half.example': {
        MX: [
          [5, 'silent.example.net'],
          [6, 'a.example.net'],
        ],
      },
      'silent.example.net': 'silent',
      'a.example.net': ADDRESS,
    },
    { timeoutMs: 150 },
  );
  t.same(
    await findMx('broken.example'),
    failure('temporary', '4.4.3', 'connection', 'broken.example: the name server failed (SERVFAIL)'),
  );
  const silence = /^silent\.example: no answer from the name servers within/;
  t.match(await findMx('silent.example'), failure('temporary', '4.4.3', 'connection', silence));
  t.match(
    await findMx('example.org'),
    failure('temporary', '4.4.3', 'connection', /^silent\.example\.net: no answer/),
    'a host without an answer may have an address',
  );
  t.same(await findMx('half.example'), hosts([5, 'silent.example.net'], [6, 'a.example.net']));
});

await t.test('families', async (t) => {
  const zone = {
    'both.example': { A: ['192.0.2.1', '192.0.2.2', '192.0.2.3'], AAAA: ['2001:db8::1', '2001:db8::2'] },
    'four.example': ADDRESS,
    'six.example': { AAAA: ['2001:db8::1'] },
    'half.example': { MX: [[1, 'half.example.net'] as const] },
    'half.example.net': ADDRESS,
  };
  const both = await lookupIn(t, zone);
  t.same(await both.addressesOf('both.example'), {
    kind: 'found',
    addresses: ['2001:db8::1', '192.0.2.1', '2001:db8::2', '192.0.2.2', '192.0.2.3'],
  });
  t.same(await both.addressesOf('gone.example'), { kind: 'none', otherFamily: false });
  const four = await lookupIn(t, zone, { family: 'ipv4' });
  t.same(await four.addressesOf('both.example'), {
    kind: 'found',
    addresses: ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
  });
  t.same(four.server.asked, ['A both.example'], 'the other family is not asked for');
  t.same(
    await four.findMx('six.example'),
    failure(
      'temporary',
      '4.4.4',
      'connection',
      'no mail server of six.example has an address that "family: ipv4" allows',
    ),
  );
  const six = await lookupIn(t, zone, { family: 'ipv6' });
  t.same(await six.addressesOf('both.example'), { kind: 'found', addresses: ['2001:db8::1', '2001:db8::2'] });
  t.match(await six.findMx('half.example'), failure('temporary', '4.4.4', 'connection', /family: ipv6/));
});

await t.test('address literals', async (t) => {
  const { findMx, addressesOf, server } = await lookupIn(t, {});
  t.same(await findMx('[192.0.2.1]'), hosts([0, '[192.0.2.1]']));
  t.same(await findMx('[IPv6:2001:DB8::1]'), hosts([0, '[ipv6:2001:db8::1]']));
  t.same(await addressesOf('[192.0.2.1]'), { kind: 'found', addresses: ['192.0.2.1'] });
  t.same(await addressesOf('[ipv6:2001:db8::1]'), { kind: 'found', addresses: ['2001:db8::1'] });
  for (const wrong of ['[]', '[192.0.2]', '[2001:db8::1]', '[IPv6:192.0.2.1]', '[a.example]', '[192.0.2.1'])
    t.match(await findMx(wrong), failure('permanent', '5.1.3', 'recipient', /is no address literal$/), wrong);
  t.same(server.asked, []);
  const { findMx: sixOnly } = await lookupIn(t, {}, { family: 'ipv6' });
  t.match(await sixOnly('[192.0.2.1]'), failure('temporary', '4.4.4', 'connection', /family: ipv6/));
});

await t.test('many hosts', async (t) => {
  const MX = Array.from({ length: 30 }, (_, n) => [30 - n, `h${n}.example.net`] as const);
  const { findMx } = await lookupIn(t, { 'example.org': { MX }, 'h29.example.net': ADDRESS });
  const found = await findMx('example.org');
  if (found.kind !== 'hosts') throw new Error('no hosts');
  t.equal(found.hosts.length, 20);
  t.same(found.hosts[0], { name: 'h29.example.net', preference: 1 });
});

await t.test('a run that ends', async (t) => {
  const { findMx } = await lookupIn(t, { 'silent.example': 'silent' });
  const ending = failure('temporary', '4.4.3', 'connection', 'not finished: the run is ending');
  t.same(await findMx('silent.example', AbortSignal.abort()), ending);
  const began = Date.now();
  t.same(await findMx('silent.example', AbortSignal.timeout(50)), ending);
  t.ok(Date.now() - began < 1_000);
});

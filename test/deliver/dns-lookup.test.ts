import t, { type Test } from 'tap';
import { openDnsLookup } from '../../lib/deliver/dns-lookup.ts';
import { type DnsEntry, dnsServer } from '../support/dns-server.ts';

/** A lookup that asks a server with this zone. */
async function lookupIn(
  t: Test,
  zone: Record<string, DnsEntry>,
  { timeoutMs = 2_000, delayMs = 0, now = Date.now } = {},
) {
  const server = await dnsServer(t, zone, delayMs);
  const lookup = openDnsLookup({ servers: [server.address], timeoutMs, now });
  t.teardown(() => lookup.close());
  return { ...lookup, server };
}

await t.test('records', async (t) => {
  const { mx, addresses } = await lookupIn(t, {
    'example.org': { MX: [[10, 'a.example.org']], A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:db8::1'] },
    'alias.example': { CNAME: 'example.org' },
  });
  t.same(await mx('example.org'), { kind: 'found', records: [{ exchange: 'a.example.org', priority: 10 }] });
  t.same(await addresses('example.org', 'A'), { kind: 'found', records: ['192.0.2.1', '192.0.2.2'] });
  t.same(await addresses('example.org', 'AAAA'), { kind: 'found', records: ['2001:db8::1'] });
  t.same(await mx('alias.example'), await mx('example.org'), 'an alias');
});

await t.test('none, and no answer', async (t) => {
  const { mx, addresses } = await lookupIn(t, {
    'empty.example': {},
    'broken.example': 'SERVFAIL',
    'shy.example': 'REFUSED',
  });
  t.same(await mx('empty.example'), { kind: 'none', exists: true });
  t.same(await mx('nowhere.example'), { kind: 'none', exists: false });
  t.same(await mx('broken.example'), { kind: 'trouble', words: 'the name server failed (SERVFAIL)' });
  t.same(await addresses('shy.example', 'A'), {
    kind: 'trouble',
    words: 'the name server refused to answer',
  });
  t.same(await mx(`${'x'.repeat(64)}.example`), { kind: 'none', exists: false }, 'a label that is too long');
});

await t.test('a server that is not there', async (t) => {
  const { mx, close } = openDnsLookup({ servers: ['127.0.0.1:1'], timeoutMs: 300 });
  t.teardown(close);
  const began = Date.now();
  t.match(await mx('example.org'), { kind: 'trouble', words: /./ });
  t.ok(Date.now() - began < 1_500);
});

await t.test('a question is put once', async (t) => {
  const { mx, addresses, server } = await lookupIn(t, { 'example.org': {}, 'down.example': 'SERVFAIL' });
  await Promise.all([mx('example.org'), mx('example.org'), addresses('example.org', 'A')]);
  await mx('example.org');
  t.same(server.asked.sort(), ['A example.org', 'MX example.org']);
  await mx('down.example');
  const { length } = server.asked;
  await mx('down.example');
  t.equal(server.asked.length, length, 'trouble is kept for the run too');
});

await t.test('sixteen at once, however many are wanted', async (t) => {
  const zone = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`d${n}.example`, {}]));
  const { mx, server } = await lookupIn(t, zone, { delayMs: 20 });
  const answers = await Promise.all(Object.keys(zone).map((name) => mx(name)));
  t.ok(answers.every(({ kind }) => kind === 'none'));
  t.equal(server.most(), 16);
  t.equal(server.asked.length, 60);
});

await t.test('silence', async (t) => {
  const silent = Array.from({ length: 40 }, (_, n) => `s${n}.example`);
  const zone = Object.fromEntries(silent.map((name) => [name, 'silent' as const]));
  let later = 0;
  const now = () => Date.now() + later;
  const { mx, server } = await lookupIn(t, { ...zone, 'example.org': {} }, { timeoutMs: 100, now });
  const timed = async (name: string) => {
    const began = Date.now();
    return { answer: await mx(name), ms: Date.now() - began };
  };
  const { answer, ms } = await timed('s0.example');
  t.match(answer, { kind: 'trouble', words: /^no answer from the name servers within / });
  t.ok(ms >= 90 && ms < 400, `two tries of 100 ms took ${ms} ms`);
  t.same(await mx('example.org'), { kind: 'none', exists: true }, 'others are answered');
  await Promise.all(silent.slice(1, 33).map((name) => mx(name)));
  const { length } = server.asked;
  const after = await timed('s39.example');
  t.match(after.answer, { kind: 'trouble', words: 'not asked: the name servers do not answer' });
  t.ok(after.ms < 50, `${after.ms} ms`);
  t.equal(server.asked.length, length);
  later = 60_000;
  t.same(await mx('other.example'), { kind: 'none', exists: false }, 'asked again after a minute');
});

await t.test('the end gives up what is under way and what waits', async (t) => {
  const names = Array.from({ length: 20 }, (_, n) => `s${n}.example`);
  const { mx, close } = await lookupIn(t, Object.fromEntries(names.map((name) => [name, 'silent' as const])));
  const began = Date.now();
  const answers = Promise.all(names.map((name) => mx(name)));
  setTimeout(close, 50);
  for (const answer of await answers) t.match(answer, { kind: 'trouble', words: /the run is ending$/ });
  t.ok(Date.now() - began < 500);
});

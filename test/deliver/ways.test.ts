import t, { type Test } from 'tap';
import type { MxSettings, Site } from '../../lib/config/site.ts';
import { nextOpeningOf, openWays, type Way } from '../../lib/deliver/ways.ts';
import { type DnsEntry, dnsServer } from '../support/dns-server.ts';
import { serverSettings, siteSettings, timeoutsOf } from '../support/settings.ts';

function waysOf(t: Test, changes: Partial<Site>) {
  const ways = openWays(siteSettings('/nowhere', changes));
  t.teardown(() => ways.close());
  return ways;
}

const nameOf = (way: Way) => (way.kind === 'open' ? way.carrier.name : way.judgement.reply);

async function mxOf(t: Test, zone: Record<string, DnsEntry>, changes: Partial<MxSettings> = {}) {
  const server = await dnsServer(t, zone);
  const transport: MxSettings = {
    type: 'mx',
    port: 25,
    family: 'both',
    dns: [server.address],
    tls: 'opportunistic',
    auth: null,
    timeouts: timeoutsOf(2_000),
    connections: 4,
    recipients: 50,
    messageSize: 1_000,
    dsn: true,
    schedule: null,
    ...changes,
  };
  return { server, transport };
}

await t.test('the way of each domain, made once', async (t) => {
  const near = serverSettings({ host: 'near.example', connections: 2, recipients: 7, messageSize: 99 });
  const command = {
    type: 'sendmail',
    command: ['/usr/sbin/sendmail'],
    timeoutMs: 1,
    connections: 1,
    recipients: 1,
    messageSize: null,
    schedule: null,
  } as const;
  const ways = waysOf(t, { routes: { 'one.example': near, '.example': near, 'box.example': command } });
  const one = await ways.find('ann@ONE.example');
  t.match(one, {
    kind: 'open',
    perTransaction: 7,
    messageSize: 99,
    schedule: null,
    carrier: { connections: 2 },
  });
  t.equal(nameOf(one), 'smtp:near.example:25');
  t.equal(await ways.find('ben@one.example'), one);
  t.equal(await ways.find('"odd@one"@two.example'), one, 'several domains, one way');
  t.match(await ways.find('ann@box.example'), { perTransaction: 1, carrier: { name: /sendmail/ } });
  t.match(await ways.find('ann@elsewhere.org'), { carrier: { name: 'maildir' }, perTransaction: 100 });
});

await t.test('domains with the same mail servers are one destination', async (t) => {
  const { server, transport } = await mxOf(t, {
    'a.example': {
      MX: [
        [10, 'mx1.host.example'],
        [20, 'mx2.host.example'],
      ],
    },
    'b.example': {
      MX: [
        [10, 'mx2.host.example'],
        [20, 'mx1.host.example'],
      ],
    },
    'mx1.host.example': { A: ['127.0.0.1'] },
    'mx2.host.example': { A: ['127.0.0.2'] },
    'gone.example': { MX: [[0, '']] },
    'sick.example': 'SERVFAIL',
  });
  const ways = waysOf(t, { transport });
  const a = await ways.find('ann@a.example');
  t.match(a, { kind: 'open', perTransaction: 50, messageSize: 1_000 });
  t.equal(nameOf(await ways.find('ben@b.example')), nameOf(a));
  t.match(nameOf(a), 'mx1.host.example');
  await ways.find('eve@A.example');
  t.equal(server.asked.filter((question) => question === 'MX a.example').length, 1);
  t.match(await ways.find('x@gone.example'), {
    kind: 'failed',
    judgement: { kind: 'permanent', scope: 'recipient' },
  });
  t.match(await ways.find('x@nowhere.example'), { kind: 'failed', judgement: { kind: 'permanent' } });
  t.match(await ways.find('x@sick.example'), { kind: 'failed', judgement: { kind: 'temporary' } });
});

await t.test('who asks for more safety does not share connections with who does not', async (t) => {
  const { transport } = await mxOf(t, {
    'a.example': { MX: [[10, 'mx.host.example']] },
    'b.example': { MX: [[10, 'mx.host.example']] },
    'mx.host.example': { A: ['127.0.0.1'] },
  });
  const ways = waysOf(t, { transport, routes: { 'b.example': { ...transport, tls: 'required' } } });
  const a = nameOf(await ways.find('ann@a.example'));
  const b = nameOf(await ways.find('ben@b.example'));
  t.not(a, b);
  t.match(b, 'required');
  const server = serverSettings({ host: 'h.example' });
  const fixed = waysOf(t, { transport: server, routes: { 'b.example': { ...server, tls: 'required' } } });
  t.not(nameOf(await fixed.find('a@a.example')), nameOf(await fixed.find('b@b.example')));
});

await t.test('a name server that does not answer is given up with the run', async (t) => {
  const { transport } = await mxOf(t, { 'a.example': 'silent' });
  const ways = waysOf(t, { transport });
  const stop = new AbortController();
  const asked = ways.find('ann@a.example', stop.signal);
  setTimeout(() => stop.abort(), 50);
  t.match(await asked, { kind: 'failed', judgement: { kind: 'temporary' } });
});

await t.test('its schedule', async (t) => {
  const days = [0, 1, 2, 3, 4, 5, 6];
  const noon = new Date(2026, 10, 23, 12).getTime();
  t.equal(nextOpeningOf({ schedule: null }, noon), noon);
  t.equal(nextOpeningOf({ schedule: [{ days, from: 720, to: 780 }] }, noon), noon);
  t.equal(nextOpeningOf({ schedule: [{ days, from: 780, to: 840 }] }, noon), noon + 3_600_000);
});

import t, { type Test } from 'tap';
import type { MxSettings, SendmailSettings, Site } from '../../lib/config/site.ts';
import { openWays, type Way } from '../../lib/deliver/ways.ts';
import { type DnsEntry, dnsServer } from '../support/dns-server.ts';
import { freePort } from '../support/lab-server.ts';
import { serverSettings, siteSettings } from '../support/settings.ts';
import { fakeServer, messageOf, openConnections } from './fake-server.ts';

const { host: _host, socket: _socket, ...relay } = serverSettings();

/** Settings of the type mx that ask one name server. */
function mxSettings(dns: string, more: Partial<MxSettings> = {}): MxSettings {
  return { ...relay, type: 'mx', family: 'both', dns: [dns], ...more };
}

const SENDMAIL: SendmailSettings = {
  type: 'sendmail',
  command: ['/bin/true'],
  timeoutMs: 1_000,
  connections: 2,
  recipients: 7,
  messageSize: 1_000,
  schedule: [{ days: [1], from: 0, to: 60 }],
};

function waysOf(t: Test, changes: Partial<Site>) {
  const ways = openWays(siteSettings('/nowhere', changes));
  t.teardown(() => ways.close());
  return ways;
}

/** The way's carrier; it must be open. */
function carrierOf(way: Way) {
  if (way.kind === 'failed') throw new Error(way.judgement.reply);
  return way.carrier;
}

await t.test('each recipient by the route of his domain', async (t) => {
  const routes = {
    'smtp.example': serverSettings({ host: 'mail.example', port: 2525, recipients: 3 }),
    '.lmtp.example': serverSettings({ type: 'lmtp', socket: '/run/x.sock' }),
    'command.example': SENDMAIL,
  };
  const ways = waysOf(t, { routes });
  t.match(await ways.find('a@SMTP.example'), {
    carrier: { name: 'smtp:mail.example:2525' },
    perTransaction: 3,
    messageSize: null,
  });
  t.match(await ways.find('a@b.lmtp.example'), { carrier: { name: 'lmtp:/run/x.sock' } });
  t.match(await ways.find('a@lmtp.example'), { carrier: { name: 'maildir' }, perTransaction: 100 });
  const command = await ways.find('a@command.example');
  t.match(command, {
    carrier: { name: 'sendmail:/bin/true', connections: 2 },
    perTransaction: 7,
    messageSize: 1_000,
  });
  t.equal((await ways.find('b@command.example')) === command, true, 'opened once');
  const monday = new Date(2026, 6, 6).getTime();
  t.equal(ways.opensAt('a@command.example', monday - 5_000), monday);
});

await t.test('the mail servers of domains', async (t) => {
  const port = await freePort();
  const server = await fakeServer(t, { at: { host: '127.0.0.41', port } });
  const zone: Record<string, DnsEntry> = {
    'one.example': { MX: [[10, 'mx.example.net']] },
    'two.example': { MX: [[5, 'mx.example.net']] },
    'null.example': { MX: [[0, '']] },
    'own.example': { MX: [[0, 'lists.example']] },
    'silent.example': 'silent',
    'mx.example.net': { A: ['127.0.0.41'] },
  };
  const dns = await dnsServer(t, zone);
  const transport = mxSettings(dns.address, { port, tls: 'opportunistic' });
  const ways = waysOf(t, { transport, domain: 'lists.example' });
  const carrier = carrierOf(await ways.find('a@one.example'));
  t.equal(carrier.name, `mx:mx.example.net:${port}`);
  t.equal(carrierOf(await ways.find('b@two.example')).name, carrier.name, 'one destination');
  const lane = await carrier.open();
  const message = messageOf('Subject: x\n\nbody\n');
  t.match(await lane.transact({ sender: '', recipients: ['a@one.example', 'b@two.example'], message }), {
    outcomes: [{ kind: 'delivered' }, { kind: 'delivered' }],
  });
  await lane.close();
  t.equal(server.messages.length, 1);
  t.match(await ways.find('a@null.example'), { judgement: { kind: 'permanent', status: '5.1.10' } });
  t.equal(dns.asked.filter((question) => question === 'A mx.example.net').length, 1);
  const began = Date.now();
  const silent = ways.find('a@silent.example');
  setTimeout(ways.close, 50);
  t.match(await silent, { judgement: { kind: 'temporary', status: '4.4.3' } }, 'closed');
  t.match(await ways.find('a@late.example'), { judgement: { kind: 'temporary' } });
  t.ok(Date.now() - began < 2_000);
  t.same(await openConnections(), []);
});

await t.test('a run that ends does not wait for name servers', async (t) => {
  const dns = await dnsServer(t, { 'silent.example': 'silent' });
  const ways = waysOf(t, { transport: mxSettings(dns.address) });
  t.match(await ways.find('a@silent.example', AbortSignal.timeout(50)), {
    judgement: { kind: 'temporary', reply: /run is ending/ },
  });
});

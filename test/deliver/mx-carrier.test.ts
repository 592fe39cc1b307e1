import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import t, { type Test } from 'tap';
import { TemporaryError } from '../../lib/base/errors.ts';
import { type FamilyReach, familyReach } from '../../lib/deliver/family-reach.ts';
import { mxCarrier } from '../../lib/deliver/mx-carrier.ts';
import { type MxHost, openMxLookup } from '../../lib/deliver/mx-hosts.ts';
import { type Peer, peerName } from '../../lib/smtp/open-socket.ts';
import { openSmtpSession, type SessionSettings } from '../../lib/smtp/smtp-session.ts';
import { type Carrier, ConnectFailure, type Lane, type TransactionResult } from '../../lib/smtp/transport.ts';
import { type DnsEntry, dnsServer } from '../support/dns-server.ts';
import { freePort } from '../support/lab-server.ts';
import { seededRandom } from '../support/seeded-random.ts';
import {
  type FakeScript,
  fakeServer,
  makeCertificate,
  messageOf,
  openConnections,
  sessionSettings,
} from './fake-server.ts';

const MESSAGE = messageOf('Subject: x\r\n\r\nbody\r\n');

/** The carrier to a domain of this zone, over real connections. */
async function carrierTo(
  t: Test,
  zone: Record<string, DnsEntry>,
  port: number,
  { session = {}, ca }: { session?: Partial<SessionSettings>; ca?: string } = {},
): Promise<Carrier> {
  const server = await dnsServer(t, zone);
  const lookup = openMxLookup({ dns: [server.address], family: 'both' });
  t.teardown(() => lookup.close());
  const found = await lookup.findMx('example.org');
  if (found.kind === 'failed') throw new Error(found.judgement.reply);
  const settings = sessionSettings(session);
  return mxCarrier({ port, tls: settings.tls, connections: 4 }, found.hosts, {
    lookup,
    openSession: (peer, serverName, signal) => {
      const options = { name: 'me.example', serverName, ...(ca === undefined ? {} : { ca }) };
      return openSmtpSession(peer, settings, options, signal);
    },
  });
}

const send = (lane: Lane, ...recipients: string[]): Promise<TransactionResult> =>
  lane.transact({ sender: 's@example.net', recipients, message: MESSAGE });

/** Opens a lane, sends a message over it, and closes it. */
async function sendOver(carrier: Carrier, ...recipients: string[]): Promise<TransactionResult> {
  const lane = await carrier.open();
  const result = await send(lane, ...recipients);
  await lane.close();
  return result;
}

/** What a failure to open said. */
async function refusal(carrier: Carrier, signal?: AbortSignal): Promise<ConnectFailure> {
  try {
    const lane = await carrier.open(signal);
    await lane.close();
  } catch (error) {
    if (error instanceof ConnectFailure) return error;
    throw error;
  }
  throw new Error('it was opened');
}

const ONE = '127.0.0.31';
const TWO = '127.0.0.32';

/** Two mail servers of example.org, the first one preferred, at one port. */
async function twoServers(t: Test, first: FakeScript | null, second: FakeScript | null) {
  const port = await freePort();
  const start = (host: string, script: FakeScript | null) =>
    script === null ? null : fakeServer(t, { ...script, at: { host, port } });
  const one = await start(ONE, first);
  const two = await start(TWO, second);
  const zone = {
    'example.org': { MX: [[10, 'one.example.net'] as const, [20, 'two.example.net'] as const] },
    'one.example.net': { A: [ONE] },
    'two.example.net': { A: [TWO] },
  };
  return { port, one, two, zone };
}

await t.test('the first host that lets us in', async (t) => {
  for (const [name, first, session] of [
    ['a host that is down', null, {}],
    ['4xx greeting', { greeting: '421 4.3.2 closing' }, {}],
    ['5xx greeting', { greeting: '554 5.7.1 not you' }, {}],
    ['421 to EHLO', { command: () => '421 4.7.0 too many' }, {}],
    ['5xx to EHLO and HELO', { command: () => '550 5.7.1 bad name' }, {}],
    ['no TLS where it is required', {}, { tls: 'required' }],
    ['a greeting that never comes', { greeting: null }, {}],
    ['a hang-up', { greeting: null, connected: (socket) => socket.destroy() }, {}],
  ] satisfies [string, FakeScript | null, Partial<SessionSettings>][]) {
    await t.test(name, async (t) => {
      const { port, two, zone } = await twoServers(t, first, {});
      const timeouts = { ...sessionSettings().timeouts, greetingMs: 200 };
      const carrier = await carrierTo(t, zone, port, { session: { ...session, timeouts } });
      if (session.tls === 'required') {
        t.match(
          (await refusal(carrier)).message,
          /127\.0\.0\.31.*TLS is required; .*127\.0\.0\.32.*TLS is required/,
        );
        t.equal(two?.connections(), 1);
        return;
      }
      t.match(await sendOver(carrier, 'a@example.org'), { outcomes: [{ kind: 'delivered' }], heard: true });
      t.equal(two?.messages.length, 1);
      t.same(await openConnections(), []);
    });
  }
});

await t.test('a reply about the mail is the answer', async (t) => {
  const { port, one, two, zone } = await twoServers(
    t,
    {
      command: (line) =>
        line.includes('<no@') ? '550 5.1.1 no' : line.includes('<later@') ? '451 4.2.1 later' : undefined,
    },
    {},
  );
  const carrier = await carrierTo(t, zone, port);
  const result = await sendOver(carrier, 'no@example.org', 'later@example.org', 'yes@example.org');
  t.same(
    result.outcomes.map(({ kind }) => kind),
    ['permanent', 'temporary', 'delivered'],
  );
  t.equal(one?.messages.length, 1);
  t.equal(two?.connections(), 0);
});

await t.test('goodbye to the first MAIL: the next lane leads elsewhere', async (t) => {
  const { port, one, two, zone } = await twoServers(
    t,
    {
      command: (line, socket) => {
        if (!line.startsWith('MAIL')) return undefined;
        socket.end('421 4.3.2 busy\r\n');
        return null;
      },
    },
    {},
  );
  const carrier = await carrierTo(t, zone, port);
  t.match(await sendOver(carrier, 'a@example.org'), { outcomes: [{ kind: 'temporary' }], heard: false });
  t.match(await sendOver(carrier, 'a@example.org'), { outcomes: [{ kind: 'delivered' }] });
  t.equal(one?.connections(), 1);
  t.equal(two?.messages.length, 1);
});

await t.test('what failed is tried behind all others, but it is tried', async (t) => {
  const state = { open: false };
  const { port, one, two, zone } = await twoServers(
    t,
    {
      greeting: null,
      connected: (socket) => void socket.write(state.open ? '220 hello\r\n' : '421 busy\r\n'),
    },
    {},
  );
  const carrier = await carrierTo(t, zone, port);
  for (let n = 0; n < 3; n++) await sendOver(carrier, 'a@example.org');
  t.equal(one?.connections(), 1, 'once');
  t.equal(two?.connections(), 3);
  const dead = await twoServers(
    t,
    {
      greeting: null,
      connected: (socket) => void socket.write(state.open ? '220 hello\r\n' : '421 busy\r\n'),
    },
    null,
  );
  const other = await carrierTo(t, dead.zone, dead.port);
  await refusal(other);
  state.open = true;
  t.match(await sendOver(other, 'a@example.org'), { outcomes: [{ kind: 'delivered' }] }, 'it came back');
});

await t.test('nobody lets us in', async (t) => {
  const { port, zone } = await twoServers(t, { greeting: '554 5.7.1 not you' }, null);
  const carrier = await carrierTo(t, zone, port);
  const failure = await refusal(carrier);
  t.match(
    failure.message,
    /^one\.example\.net: .*127\.0\.0\.31:\d+: 554 5\.7\.1 not you; two\.example\.net: .*ECONNREFUSED/,
  );
  t.match(failure.conversation, /^< 554 5\.7\.1 not you/, 'what was said');
  t.same(await openConnections(), []);
});

await t.test('the certificate has the name of the mail server', async (t) => {
  const own = makeCertificate(t, 'DNS:two.example.net');
  if (own === null) return t.plan(0, 'openssl(1) is not here to make a certificate');
  const port = await freePort();
  const taken: string[] = [];
  for (const host of [ONE, TWO]) {
    const server = new SMTPServer({
      ...own,
      authOptional: true,
      disableReverseLookup: true,
      closeTimeout: 100,
      onData: (stream, { secure }, done) => {
        stream.resume().on('end', () => {
          taken.push(`${host} ${secure ? 'TLS' : 'clear'}`);
          done();
        });
      },
    });
    server.on('error', () => {});
    await new Promise<void>((resolve) => {
      server.listen(port, host, resolve);
    });
    t.teardown(() => new Promise<void>((resolve) => server.close(resolve)));
  }
  const { zone } = await twoServers(t, null, null);
  const checked = { session: { tls: 'required' }, ca: own.cert } as const;
  const carrier = await carrierTo(t, zone, port, checked);
  t.match(await sendOver(carrier, 'a@example.org'), { outcomes: [{ kind: 'delivered' }] });
  t.same(taken, [`${TWO} TLS`], 'one has a certificate for somebody else');
  const alone = { ...zone, 'example.org': { MX: [[10, 'one.example.net'] as const] } };
  t.match(
    (await refusal(await carrierTo(t, alone, port, checked))).message,
    /one\.example\.net.*not in the cert/i,
  );
  const anyone = await carrierTo(t, alone, port, { session: { tls: 'opportunistic' } });
  t.match(await sendOver(anyone, 'a@example.org'), { outcomes: [{ kind: 'delivered' }] }, 'not looked at');
  t.equal(taken.at(-1), `${ONE} TLS`);
  return undefined;
});

/** A carrier to these hosts whose connections are made by `open`; hosts are looked up in `addresses`. */
function carrierBy(
  hosts: readonly MxHost[],
  addresses: Readonly<Record<string, readonly string[]>>,
  open: (peer: string, serverName: string | undefined) => string | null,
  random?: () => number,
  reach?: FamilyReach,
): Carrier {
  return mxCarrier({ port: 25, tls: 'opportunistic', connections: 7 }, hosts, {
    lookup: {
      addressesOf: async (host) => {
        const found = addresses[host];
        if (found === undefined) return { kind: 'trouble', words: 'SERVFAIL' };
        return found.length > 0 ? { kind: 'found', addresses: found } : { kind: 'none', otherFamily: false };
      },
    },
    openSession: async (peer: Peer, serverName) => {
      const words = open(peerName(peer), serverName);
      if (words !== null) throw new TemporaryError(`cannot connect to ${peerName(peer)}: ${words}`);
      return {
        alive: () => true,
        transact: async () => ({ outcomes: [], heard: true }),
        close: async () => {},
      };
    },
    ...(random ? { random } : {}),
    ...(reach ? { reach } : {}),
  });
}

await t.test('one name for the same hosts', async (t) => {
  const a = { name: 'a.example', preference: 10 };
  const b = { name: 'b.example', preference: 20 };
  const carrier = carrierBy([b, a], {}, () => null);
  t.equal(carrier.name, 'mx:a.example,b.example');
  t.equal(carrier.connections, 7);
  t.equal(carrierBy([{ ...a, preference: 1 }, b], {}, () => null).name, carrier.name);
  const options = {
    lookup: openMxLookup({ dns: [], family: 'both' }),
    openSession: () => carrier.open(),
  };
  const nameOf = (port: number, tls: 'required' | 'never') =>
    mxCarrier({ port, tls, connections: 1 }, [a], options).name;
  t.equal(nameOf(25, 'required'), 'mx:a.example/required', 'no lane in the clear is shared');
  t.equal(nameOf(26, 'never'), 'mx:a.example:26/never');
});

await t.test('equals by lot, the preference first', async (t) => {
  const hosts = ['c', 'a', 'b', 'z'].map((name) => ({ name, preference: name === 'z' ? 5 : 10 }));
  const addresses = { a: ['192.0.2.1'], b: ['192.0.2.2'], c: ['192.0.2.3'], z: ['192.0.2.9'] };
  const random = seededRandom(7);
  const seen: Record<string, number> = {};
  for (let n = 0; n < 300; n++) {
    const order: string[] = [];
    const note = (_peer: string, name?: string) => {
      order.push(name ?? '');
      return 'ETIMEDOUT';
    };
    await refusal(carrierBy(hosts, addresses, note, random));
    t.equal(order[0], 'z');
    seen[order.slice(1).join('')] = (seen[order.slice(1).join('')] ?? 0) + 1;
  }
  t.same(Object.keys(seen).sort(), ['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  for (const [order, count] of Object.entries(seen))
    t.ok(count > 25 && count < 80, `${order} ${count} of 300`);
});

await t.test('five addresses, and those of no network of ours beside', async (t) => {
  const many = Array.from({ length: 8 }, (_, n) => `192.0.2.${n}`);
  const hosts = [
    { name: 'a', preference: 1 },
    { name: 'b', preference: 2 },
  ];
  const tried: string[] = [];
  const answer = (peer: string) => {
    tried.push(peer);
    return peer.includes('db8') ? 'connect ENETUNREACH' : 'connect ETIMEDOUT';
  };
  await refusal(carrierBy(hosts, { a: many.slice(0, 3), b: many }, answer));
  t.same(tried, ['192.0.2.0:25', '192.0.2.1:25', '192.0.2.2:25', '192.0.2.3:25', '192.0.2.4:25'].sort());
  tried.length = 0;
  const mixed = many.flatMap((address, n) => [`2001:db8::${n}`, address]);
  await refusal(carrierBy(hosts, { a: mixed, b: [] }, answer));
  t.same(tried.slice(0, 2), ['[2001:db8::0]:25', '192.0.2.0:25']);
  t.equal(tried.filter((peer) => !peer.includes('db8')).length, 5);
  tried.length = 0;
  const reach = familyReach();
  reach.note('2001:db8::77', false);
  await refusal(carrierBy(hosts, { a: mixed, b: [] }, answer, undefined, reach));
  t.same(
    tried,
    many.slice(0, 5).map((address) => `${address}:25`),
    'what another carrier has found out',
  );
  tried.length = 0;
  const six = Array.from({ length: 30 }, (_, n) => `2001:db8::${n}`);
  await refusal(carrierBy(hosts, { a: six, b: [] }, answer));
  t.equal(tried.length, 20, 'no more than this, even if none counts');
});

await t.test('a host that cannot be looked up', async (t) => {
  const hosts = [
    { name: 'a', preference: 1 },
    { name: 'b', preference: 2 },
  ];
  const names: (string | undefined)[] = [];
  const note = (_peer: string, name?: string) => {
    names.push(name);
    return null;
  };
  await (await carrierBy(hosts, { b: ['192.0.2.2'] }, note).open()).close();
  t.same(names, ['b']);
  t.equal((await refusal(carrierBy(hosts, { b: [] }, note))).message, 'a: SERVFAIL');
  t.equal((await refusal(carrierBy(hosts, { a: [], b: [] }, note))).message, 'no address of a, b');
});

await t.test('an address literal has no name for a certificate', async (t) => {
  const names: (string | undefined)[] = [];
  const host = { name: '[192.0.2.1]', preference: 0 };
  const note = (_peer: string, name?: string) => {
    names.push(name);
    return null;
  };
  await carrierBy([host], { '[192.0.2.1]': ['192.0.2.1'] }, note).open();
  t.same(names, [undefined]);
});

await t.test('a network we are not in, in earnest', async (t) => {
  const unreachable = await new Promise<boolean>((resolve) => {
    const socket = connect(9, '2001:db8::1');
    const end = (found: boolean) => {
      socket.destroy();
      resolve(found);
    };
    socket.on('error', ({ message }) => end(/E(NET|HOST)UNREACH|EAFNOSUPPORT|EADDRNOTAVAIL/.test(message)));
    socket.setTimeout(6_000, () => end(false));
  });
  if (!unreachable) return t.plan(0, 'this computer has a way to IPv6');
  const { port, one, zone } = await twoServers(t, {}, null);
  const AAAA = Array.from({ length: 6 }, (_, n) => `2001:db8::${n + 1}`);
  const carrier = await carrierTo(t, { ...zone, 'one.example.net': { A: [ONE], AAAA } }, port);
  t.match(await sendOver(carrier, 'a@example.org'), { outcomes: [{ kind: 'delivered' }] });
  const began = Date.now();
  t.match(await sendOver(carrier, 'a@example.org'), { outcomes: [{ kind: 'delivered' }] });
  t.ok(Date.now() - began < 1_000, 'the second time at once');
  t.equal(one?.messages.length, 2);
  return undefined;
});

await t.test('the end of the run', async (t) => {
  const { port, two, zone } = await twoServers(t, { greeting: null }, {});
  const carrier = await carrierTo(t, zone, port);
  t.match((await refusal(carrier, AbortSignal.abort())).message, /run is ending/);
  const began = Date.now();
  t.match((await refusal(carrier, AbortSignal.timeout(100))).message, /run is ending/);
  t.ok(Date.now() - began < 2_000);
  t.equal(two?.connections(), 0);
  t.same(await openConnections(), []);
});

await t.test('a bug is no reason to go on', async (t) => {
  const carrier = mxCarrier({ port: 25, tls: 'never', connections: 1 }, [{ name: 'a', preference: 0 }], {
    lookup: { addressesOf: async () => ({ kind: 'found', addresses: ['192.0.2.1'] }) },
    openSession: () => Promise.reject(new TypeError('x is not a function')),
  });
  await t.rejects(carrier.open(), TypeError);
});

const SINK = '/usr/sbin/smtp-sink';

await t.test(
  'mail servers of Postfix',
  { skip: existsSync(SINK) ? false : 'no smtp-sink here' },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'qrunner-sink-'));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    // A root that starts it must name somebody else, who must be able to write.
    chmodSync(directory, 0o777);
    const user = process.geteuid?.() === 0 ? ['-u', 'nobody'] : [];
    const port = await freePort();
    const start = async (host: string, args: readonly string[]) => {
      const child = spawn(
        SINK,
        [...user, ...args, '-d', join(directory, `${host}-`), `${host}:${port}`, '10'],
        {
          stdio: 'ignore',
        },
      );
      t.teardown(() => void child.kill());
      for (let n = 0; n < 100; n++) {
        const up = await new Promise<boolean>((resolve) => {
          const socket = connect(port, host, () => void socket.end(() => resolve(true)));
          socket.on('error', () => resolve(false));
        });
        if (up) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error('smtp-sink did not start');
    };
    await start(ONE, ['-q', 'connect']);
    await start(TWO, ['-h', 'two.example.net']);
    const { zone } = await twoServers(t, null, null);
    const carrier = await carrierTo(t, zone, port);
    t.match(await sendOver(carrier, 'a@example.org', 'b@example.org'), {
      outcomes: [{ kind: 'delivered' }, { kind: 'delivered' }],
    });
    const files = readdirSync(directory).filter((name) => name.startsWith(TWO));
    t.equal(files.length, 1);
    const text = readFileSync(join(directory, files[0] ?? ''), 'utf8');
    t.match(text, /X-Rcpt-Args: <a@example\.org>[\s\S]*X-Rcpt-Args: <b@example\.org>[\s\S]*body/);
  },
);

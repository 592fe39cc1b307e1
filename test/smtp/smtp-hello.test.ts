import { SMTPServer } from 'smtp-server';
import t, { type Test } from 'tap';
import { openSocket } from '../../lib/smtp/open-socket.ts';
import { type HelloSettings, sayHello } from '../../lib/smtp/smtp-hello.ts';
import { smtpWire } from '../../lib/smtp/smtp-wire.ts';
import { type FakeScript, fakeServer, listen, makeCertificate } from '../deliver/fake-server.ts';
import { timeoutsOf } from '../support/settings.ts';

type Begun = { offered: string[]; failure: string | null; notes: string[] };

/** What a beginning with a server that follows `script` led to. */
async function hello(
  t: Test,
  script: FakeScript,
  settings: Partial<HelloSettings> = {},
): Promise<Begun & { commands: string[] }> {
  const { port, commands } = await fakeServer(t, script);
  return { commands, ...(await helloTo(port, settings)) };
}

/** The same with the server at a port. */
async function helloTo(port: number, settings: Partial<HelloSettings>): Promise<Begun> {
  const peer = { host: '127.0.0.1', port };
  const wire = smtpWire(await openSocket(peer, 1_000), timeoutsOf(1_000), () => {});
  const notes: string[] = [];
  const all = { type: 'smtp', tls: 'never', auth: null, ...settings } as const;
  let failure: string | null = null;
  let offered: string[] = [];
  try {
    const { has } = await sayHello(wire, peer, 'the server', all, { name: 'me' }, 's3cret', (line) =>
      notes.push(line),
    );
    offered = ['PIPELINING', '8BITMIME', 'SIZE', 'STARTTLS', 'X'].filter(has);
  } catch (error) {
    failure = String(error);
  }
  wire.break('done');
  return { offered, failure, notes };
}

const ehlo = (reply: string, more: Record<string, string> = {}): FakeScript => ({
  command: (line) => (line.startsWith('EHLO') ? reply : more[line.split(' ', 1)[0] ?? '']),
});

const offers = (reply: string): FakeScript => ehlo('250-fake\r\n250-X\r\n250 STARTTLS', { STARTTLS: reply });
const answering = (reply: string): FakeScript => ehlo('250-fake\r\n250 AUTH PLAIN', { AUTH: reply });

await t.test('greeting and extensions', async (t) => {
  t.match(await hello(t, {}), { commands: ['EHLO me'], offered: ['PIPELINING', '8BITMIME'], failure: null });
  t.match(await hello(t, {}, { type: 'lmtp' }), { commands: ['LHLO me'], failure: null });
  t.match(await hello(t, { greeting: '220-two\r\n220 lines' }), {
    failure: null,
    notes: ['< 220-two\r\n220 lines', '> EHLO me', /^< 250-fake/],
  });
  for (const greeting of ['554 5.3.2 no', '421 busy', '250 ok', '354 go', '521 never']) {
    t.match(await hello(t, { greeting }), { commands: [], failure: `Error: the server: ${greeting}` });
  }
});

await t.test('a server too old for EHLO', async (t) => {
  for (const reply of ['500 what', '502 no', '504 no', '550 no']) {
    t.match(await hello(t, ehlo(reply, { HELO: '250 old' })), {
      commands: ['EHLO me', 'HELO me'],
      offered: [],
      failure: null,
    });
  }
  t.match(await hello(t, ehlo('500 what', { HELO: '550 no' })), { failure: 'Error: the server: 550 no' });
  t.match(await hello(t, ehlo('421 bye')), { commands: ['EHLO me'], failure: 'Error: the server: 421 bye' });
  t.match(await hello(t, ehlo('451 later')), {
    commands: ['EHLO me'],
    failure: 'Error: the server: 451 later',
  });
  const lmtp: FakeScript = { command: (line) => (line.startsWith('LHLO') ? '500 what' : undefined) };
  t.match(await hello(t, lmtp, { type: 'lmtp' }), {
    commands: ['LHLO me'],
    failure: 'Error: the server: 500 what',
  });
});

await t.test('STARTTLS that does not come about', async (t) => {
  t.match(await hello(t, {}, { tls: 'opportunistic' }), { commands: ['EHLO me'], failure: null });
  t.match(await hello(t, {}, { tls: 'required' }), { failure: /does not offer STARTTLS/ });
  t.match(await hello(t, offers('220 go'), { tls: 'never' }), { commands: ['EHLO me'], failure: null });
  for (const reply of ['454 4.7.0 not now', '502 no']) {
    t.match(await hello(t, offers(reply), { tls: 'opportunistic' }), {
      offered: ['STARTTLS', 'X'],
      failure: null,
    });
    t.match(await hello(t, offers(reply), { tls: 'required' }), {
      failure: `Error: the server: STARTTLS: ${reply}`,
    });
  }
  t.match(await hello(t, offers('421 bye'), { tls: 'opportunistic' }), { failure: /STARTTLS: 421 bye/ });
  t.match(await hello(t, offers('220 go\r\n250 injected'), { tls: 'opportunistic' }), {
    commands: ['EHLO me', 'STARTTLS'],
    failure: /not asked for: 250 injected/,
  });
  if (makeCertificate(t) === null) return;
  const notTls: FakeScript = {
    command: (line, socket) => {
      if (line.startsWith('EHLO')) return '250-fake\r\n250 STARTTLS';
      if (line !== 'STARTTLS') return null;
      setTimeout(() => socket.end('what is this?\r\n'), 20);
      return '220 go';
    },
  };
  t.match(await hello(t, notTls, { tls: 'opportunistic' }), { failure: /the server: STARTTLS: / });
});

await t.test('login', async (t) => {
  const auth = { user: 'ann', passwordFile: '/nowhere' };
  const plain = Buffer.from('\0ann\0s3cret').toString('base64');
  const yes = await hello(t, answering('235 ok'), { auth });
  t.match(yes, { commands: ['EHLO me', `AUTH PLAIN ${plain}`], failure: null });
  t.same(yes.notes.slice(-2), ['> AUTH PLAIN <hidden>', '< 235 ok']);
  const no = await hello(t, answering('535-5.7.8 s3cret\r\n535 is wrong'), { auth });
  t.equal(no.failure, 'Error: cannot log in to the server as "ann": 535 5.7.8 <hidden> is wrong');
  t.notMatch(no.notes.join('\n'), /s3cret/);
  t.match(await hello(t, {}, { auth }), { commands: ['EHLO me'], failure: /offers no AUTH/ });
});

await t.test('what was said before TLS is forgotten', async (t) => {
  const own = makeCertificate(t);
  if (own === null) {
    t.plan(0, 'openssl(1) is not here to make a certificate');
    return;
  }
  const server = new SMTPServer({
    ...own,
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 100,
  });
  server.on('error', () => {});
  const port = await listen(t, server.server);
  t.match(await helloTo(port, { tls: 'never' }), { offered: ['PIPELINING', '8BITMIME', 'STARTTLS'] });
  const { offered, failure, notes } = await helloTo(port, { tls: 'opportunistic' });
  t.equal(failure, null);
  t.same(offered, ['PIPELINING', '8BITMIME'], 'no STARTTLS any more');
  t.same(
    notes.filter((line) => !line.startsWith('<')),
    ['> EHLO me', '> STARTTLS', '- TLS', '> EHLO me'],
  );
});

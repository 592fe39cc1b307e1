import { getEventListeners, once } from 'node:events';
import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { openSmtpSession, type SmtpSession } from '../../lib/smtp/smtp-session.ts';
import { ConnectFailure, type MessageSource, type TransactionResult } from '../../lib/smtp/transport.ts';
import {
  type FakeScript,
  fakeServer,
  messageOf,
  openConnections,
  sessionSettings,
} from '../deliver/fake-server.ts';

const MESSAGE = messageOf('Subject: x\n\nbody\n');

type Sent = { readonly server: Awaited<ReturnType<typeof fakeServer>>; readonly session: SmtpSession };

/** A session with a server that follows `script`. */
async function sessionWith(
  t: Test,
  script: FakeScript = {},
  settings: Parameters<typeof sessionSettings>[0] = {},
  signal?: AbortSignal,
  lastAnswerMs = 50,
): Promise<Sent> {
  const server = await fakeServer(t, script);
  const peer = { host: '127.0.0.1', port: server.port };
  const options = { name: 'me.example', lastAnswerMs };
  const session = await openSmtpSession(peer, sessionSettings(settings), options, signal);
  t.teardown(() => session.close());
  return { server, session };
}

const send = (
  session: SmtpSession,
  recipients: readonly string[],
  message: MessageSource = MESSAGE,
  more: { sender?: string; mayPass?: () => Promise<void>; signal?: AbortSignal } = {},
): Promise<TransactionResult> => {
  const { sender = 's@x', mayPass, signal } = more;
  return session.transact({ sender, recipients, message, ...(mayPass ? { mayPass } : {}) }, signal);
};

const short = ({ outcomes }: TransactionResult): string[] =>
  outcomes.map(({ recipient, kind, scope, status }) => `${recipient} ${kind} ${scope} ${status}`);

/** A greeting without PIPELINING. */
const PLAIN = { command: (line: string) => (line.startsWith('EHLO') ? '250 fake' : undefined) };

await t.test('an unfinished transaction is reset before the next, a finished one is not', async (t) => {
  for (const pipelining of [true, false]) {
    const { server, session } = await sessionWith(t, {
      command: (line) =>
        line === 'RCPT TO:<no@x>' ? '550 5.1.1 no' : pipelining ? undefined : PLAIN.command(line),
    });
    await send(session, ['a@x']);
    await send(session, ['no@x']);
    await send(session, ['a@x'], MESSAGE, { sender: '' });
    await session.close();
    t.notOk(session.alive());
    t.same(
      server.commands.map((line) => line.replace(/ BODY=8BITMIME/, '')),
      [
        'EHLO me.example',
        'MAIL FROM:<s@x>',
        'RCPT TO:<a@x>',
        'DATA',
        'MAIL FROM:<s@x>',
        'RCPT TO:<no@x>',
        ...(pipelining ? ['DATA'] : []),
        'RSET',
        'MAIL FROM:<>',
        'RCPT TO:<a@x>',
        'DATA',
        'QUIT',
      ],
    );
  }
  t.same(await openConnections(), []);
});

await t.test('a refused RSET was no attempt', async (t) => {
  const { session } = await sessionWith(t, {
    command: (line) => (line.startsWith('RCPT') ? '450 later' : line === 'RSET' ? '421 too old' : undefined),
  });
  t.match(await send(session, ['a@x']), { heard: true });
  t.match(await send(session, ['a@x']), {
    heard: false,
    outcomes: [{ kind: 'temporary', scope: 'connection', reply: /421 too old/ }],
  });
  t.notOk(session.alive());
});

await t.test('goodbye to a server that does not answer QUIT', async (t) => {
  const { session } = await sessionWith(t, { command: (line) => (line === 'QUIT' ? null : undefined) });
  const began = Date.now();
  await session.close();
  t.ok(Date.now() - began < 3_500, 'two seconds');
  t.same(await openConnections(), []);
});

/** What a server read at once, by its turns: pieces of commands and messages. */
function watchReads(script: FakeScript): { script: FakeScript; reads: string[] } {
  const reads: string[] = [];
  return {
    reads,
    script: {
      ...script,
      connected: (socket: Socket) => {
        socket.on('data', (chunk) => reads.push(chunk.toString().replace(/ BODY=8BITMIME/g, '')));
      },
    },
  };
}

await t.test('one round trip for each transaction, two at a time', async (t) => {
  const { reads, script } = watchReads({});
  const { server, session } = await sessionWith(t, script);
  const results: TransactionResult[] = [];
  const addresses = [0, 1, 2, 3, 4, 5].map((n) => `r${n}@x`).values();
  const worker = async (): Promise<void> => {
    for (const address of addresses) results.push(await send(session, [address]));
  };
  await Promise.all([worker(), worker()]);
  t.same(
    results.flatMap(short),
    [0, 1, 2, 3, 4, 5].map((n) => `r${n}@x delivered recipient 2.0.0`),
    'each answered, in order',
  );
  t.equal(server.messages.length, 6);
  const [, first, second] = reads;
  t.equal(first, 'MAIL FROM:<s@x>\r\nRCPT TO:<r0@x>\r\nDATA\r\n');
  t.equal(
    second,
    'Subject: x\r\n\r\nbody\r\n.\r\nMAIL FROM:<s@x>\r\nRCPT TO:<r1@x>\r\nDATA\r\n',
    'the second begins in the same write',
  );
  t.equal(reads.length, 1 + 6 + 1, 'EHLO, an envelope, a write for each message');
});

await t.test('the second waits without PIPELINING', async (t) => {
  const { reads, script } = watchReads(PLAIN);
  const { session } = await sessionWith(t, script);
  const both = await Promise.all([send(session, ['a@x']), send(session, ['b@x'])]);
  t.same(both.flatMap(short), ['a@x delivered recipient 2.0.0', 'b@x delivered recipient 2.0.0']);
  t.equal(reads.length, 1 + 2 * 4, 'command by command');
});

await t.test('the second begins behind a large message too', async (t) => {
  const { server, session } = await sessionWith(t);
  const block = Buffer.alloc(64 * 1024, 'line of the message\n');
  const large = messageOf(...Array<Buffer>(10).fill(block));
  const both = await Promise.all([send(session, ['a@x'], large), send(session, ['b@x'])]);
  t.same(both.flatMap(short), ['a@x delivered recipient 2.0.0', 'b@x delivered recipient 2.0.0']);
  t.equal(
    server.messages[0]?.toString().replaceAll('\r\n', '\n'),
    `${Buffer.concat(Array(10).fill(block)).toString()}\n`,
  );
});

await t.test('a connection that breaks with the first: the second was not tried', async (t) => {
  for (const drop of [true, false]) {
    const { session } = await sessionWith(t, {
      message: (_bytes, socket) => {
        if (!drop) return '421 4.3.2 closing';
        socket.destroy();
        return null;
      },
    });
    const [first, second] = await Promise.all([send(session, ['a@x']), send(session, ['b@x'])]);
    t.match(first, { heard: true, outcomes: [{ kind: 'temporary', scope: 'connection' }] });
    t.match(second, { heard: false, outcomes: [{ kind: 'temporary', scope: 'connection' }] });
    t.notOk(session.alive());
    t.match(await send(session, ['c@x']), {
      heard: false,
      outcomes: [{ recipient: 'c@x', kind: 'temporary' }],
    });
  }
});

await t.test('a refusal of the first does not touch the second', async (t) => {
  const { session } = await sessionWith(t, {
    command: (line) => (line === 'RCPT TO:<no@x>' ? '550 5.1.1 no' : undefined),
    message: (bytes) => (bytes.includes('spam') ? '554 5.7.1 spam' : '250 2.0.0 ok'),
  });
  const three = await Promise.all([
    send(session, ['a@x'], messageOf('spam\n')),
    send(session, ['no@x']),
    send(session, ['c@x', 'no@x']),
  ]);
  t.same(three.flatMap(short), [
    'a@x permanent message 5.7.1',
    'no@x permanent recipient 5.1.1',
    'c@x delivered recipient 2.0.0',
    'no@x permanent recipient 5.1.1',
  ]);
});

await t.test('a server that wants the message for nobody gets a lone dot', async (t) => {
  const script: FakeScript = {
    command: (line) =>
      line === 'RCPT TO:<no@x>' ? '550 5.1.1 no' : line === 'DATA' ? '354 go on' : undefined,
  };
  const { server, session } = await sessionWith(t, script);
  const both = await Promise.all([send(session, ['no@x']), send(session, ['a@x'])]);
  t.same(both.flatMap(short), ['no@x permanent recipient 5.1.1', 'a@x delivered recipient 2.0.0']);
  t.same(server.messages.map(String), ['', 'Subject: x\r\n\r\nbody\r\n']);
  t.notOk(server.commands.includes('RSET'), 'the dot has ended it');

  const lmtp = await sessionWith(t, script, { type: 'lmtp' });
  t.same(short(await send(lmtp.session, ['no@x'])), ['no@x permanent recipient 5.1.1']);
  t.notOk(lmtp.session.alive(), 'nobody knows how many replies would come');
});

await t.test('mayPass comes between 354 and the message', async (t) => {
  const { server, session } = await sessionWith(t);
  const order: string[] = [];
  const result = await send(session, ['a@x'], MESSAGE, {
    mayPass: async () => {
      order.push(`${server.commands.at(-1)} ${server.messages.length}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(`${server.messages.length}`);
    },
  });
  t.match(result, { outcomes: [{ kind: 'delivered' }] });
  t.same(order, ['DATA 0', '0']);

  const refused = await send(session, ['a@x'], MESSAGE, {
    mayPass: () => Promise.reject(new Error('ENOSPC')),
  });
  t.match(refused, { outcomes: [{ kind: 'temporary', scope: 'connection', reply: /ENOSPC/ }] });
  t.equal(server.messages.length, 1, 'no message');
  t.notOk(session.alive());
});

const offering = (words: string): FakeScript => ({
  command: (line) => (/^(EHLO|LHLO)/.test(line) ? `250-fake\r\n${words}` : undefined),
});

await t.test('parameters by what the server offers', async (t) => {
  const said = async (
    words: string,
    more: { sender?: string; dsn?: boolean; to?: string },
  ): Promise<string[]> => {
    const { server, session } = await sessionWith(t, offering(words), { dsn: more.dsn ?? false });
    await send(session, [more.to ?? 'a+b@x'], MESSAGE, { sender: more.sender ?? 's@x' });
    return server.commands.slice(1, 3);
  };
  const all = '250-SIZE 1000\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250 PIPELINING';
  t.same(await said('250 HELP', { dsn: true }), ['MAIL FROM:<s@x>', 'RCPT TO:<a+b@x>']);
  t.same(
    await said(all, {}),
    ['MAIL FROM:<s@x> SIZE=20 BODY=8BITMIME', 'RCPT TO:<a+b@x>'],
    'the size as it is sent',
  );
  t.same(await said(all, { dsn: true }), [
    'MAIL FROM:<s@x> SIZE=20 BODY=8BITMIME RET=HDRS ENVID=20260101T000000.abc',
    'RCPT TO:<a+b@x> NOTIFY=FAILURE ORCPT=rfc822;a+2Bb@x',
  ]);
  t.match(await said(all, { dsn: true, sender: '' }), [/^MAIL FROM:<> /, /NOTIFY=NEVER/]);
  t.match(await said(all, { to: 'jörg@x' }), [/ SMTPUTF8/, 'RCPT TO:<jörg@x>']);
});

await t.test('faults are found before a word is said', async (t) => {
  const { server, session } = await sessionWith(t, {
    command: (line) => (line.startsWith('EHLO') ? '250-fake\r\n250-PIPELINING\r\n250 SIZE 30' : undefined),
  });
  const large = messageOf('x'.repeat(40));
  t.match(await send(session, ['a@x'], large), {
    heard: true,
    outcomes: [{ kind: 'permanent', scope: 'message', status: '5.3.4', reply: /42 bytes.*30/ }],
  });
  t.same(short(await send(session, ['a@x\r\nRSET', 'jörg@x'])), [
    'a@x\r\nRSET permanent recipient 5.1.3',
    'jörg@x permanent recipient 5.6.7',
  ]);
  t.same(short(await send(session, ['a@x'], MESSAGE, { sender: 's@x>\n' })), ['a@x permanent message 5.1.7']);
  t.equal(server.commands.length, 1, 'EHLO');
  t.same(short(await send(session, ['a@x'])), ['a@x delivered recipient 2.0.0']);
});

await t.test('the conversation of a failure', async (t) => {
  const { session } = await sessionWith(t, {
    command: (line) => (line === 'RCPT TO:<no@x>' ? '550-5.1.1 no\r\n550 5.1.1 such user' : undefined),
    message: (bytes) => (bytes.includes('spam') ? '554 5.7.1 spam' : '250 2.0.0 ok'),
  });
  const beginning = '< 220 fake ready\n> EHLO me.example\n< 250-fake\n< 250-PIPELINING\n< 250 8BITMIME\n';
  const mail = '> MAIL FROM:<s@x> BODY=8BITMIME\n< 250 2.1.0 sender ok\n';
  const refused = await send(session, ['a@x', 'no@x']);
  t.notOk('conversation' in (refused.outcomes[0] ?? {}), 'none for what was delivered');
  t.equal(
    refused.outcomes[1]?.conversation,
    `${beginning}${mail}> RCPT TO:<no@x>\n< 550-5.1.1 no\n< 550 5.1.1 such user\n> DATA\n< 354 go on\n- the message was sent`,
    'his own, not that of others',
  );
  const spam = await send(session, ['a@x'], messageOf('spam\n'));
  t.equal(
    spam.outcomes[0]?.conversation,
    `${beginning}${mail}> RCPT TO:<a@x>\n< 250 2.1.5 recipient ok\n> DATA\n< 354 go on\n- the message was sent\n< 554 5.7.1 spam`,
  );
});

await t.test('the end of the run', async (t) => {
  const ending = new AbortController();
  let silent = false;
  const { server, session } = await sessionWith(t, {
    command: () => (silent ? null : undefined),
    message: () => {
      silent = true;
      return null;
    },
  });
  const both = [send(session, ['a@x'], MESSAGE, ending), send(session, ['b@x'], MESSAGE, ending)];
  while (server.messages.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const began = Date.now();
  ending.abort();
  for (const result of await Promise.all(both)) {
    t.match(result.outcomes, [{ kind: 'temporary', scope: 'connection', reply: /the run is ending/ }]);
  }
  t.match(await send(session, ['c@x'], MESSAGE, ending), { outcomes: [{ reply: /the run is ending/ }] });
  t.ok(Date.now() - began < 200);

  const opening = new AbortController();
  const mute = await fakeServer(t, { greeting: null });
  const peer = { host: '127.0.0.1', port: mute.port };
  const opened = openSmtpSession(peer, sessionSettings(), {}, opening.signal);
  setTimeout(() => opening.abort(), 20);
  await t.rejects(opened, { name: 'ConnectFailure', message: /the run is ending/ });
  t.same(await openConnections(), []);
});

await t.test('the end of the run, with a message that the server has in full', async (t) => {
  const ending = new AbortController();
  const { server, session } = await sessionWith(
    t,
    {
      message: (_bytes, socket) => {
        ending.abort();
        setTimeout(() => socket.write('250 2.0.0 taken\r\n'), 100);
        return null;
      },
    },
    {},
    undefined,
    5_000,
  );
  t.match(await send(session, ['a@x'], MESSAGE, ending), {
    outcomes: [{ kind: 'delivered', reply: '250 2.0.0 taken' }],
  });
  t.equal(session.alive(), true, 'there is time for a goodbye');
  t.match(await send(session, ['c@x'], MESSAGE, ending), { heard: false, outcomes: [{ kind: 'temporary' }] });
  await session.close();
  t.same(server.commands.at(-1), 'QUIT');
  t.same(await openConnections(), []);
});

await t.test('why there is no session', async (t) => {
  const server = await fakeServer(t, { greeting: '554 5.3.2 go away' });
  const peer = { host: '127.0.0.1', port: server.port };
  const failure = await openSmtpSession(peer, sessionSettings(), {}).catch((error: unknown) => error);
  t.ok(failure instanceof ConnectFailure);
  t.match(failure, {
    message: `smtp server 127.0.0.1:${server.port}: 554 5.3.2 go away`,
    conversation: '< 554 5.3.2 go away',
  });
  const nobody = { path: '/nonexistent/lmtp' };
  await t.rejects(openSmtpSession(nobody, sessionSettings({ type: 'lmtp' }), {}), {
    name: 'ConnectFailure',
    message: /nonexistent.*ENOENT/,
    conversation: '',
  });
  t.same(await openConnections(), []);
});

await t.test('a connection that ends while nobody uses it', async (t) => {
  const sockets: Socket[] = [];
  const { session } = await sessionWith(t, { connected: (socket) => sockets.push(socket) });
  t.ok(session.offers('PIPELINING'));
  t.notOk(session.offers('SIZE'));
  const [socket] = sockets;
  if (socket === undefined) throw new Error('no connection');
  socket.end('421 4.4.2 idle\r\n');
  await once(socket, 'close');
  t.notOk(session.alive());
  t.match(await send(session, ['a@x']), { heard: false, outcomes: [{ reply: /421 4\.4\.2 idle/ }] });
});

await t.test('many connections heed one signal, and let go of it', async (t) => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): number => warnings.push(warning);
  process.on('warning', onWarning);
  const server = await fakeServer(t);
  const { signal } = new AbortController();
  const peer = { host: '127.0.0.1', port: server.port };
  const open = () => openSmtpSession(peer, sessionSettings(), {}, signal);
  const sessions = await Promise.all(Array.from({ length: 20 }, open));
  for (const session of sessions) await send(session, ['a@x'], MESSAGE, { signal });
  t.equal(getEventListeners(signal, 'abort').length, 20);
  await Promise.all(sessions.map((session) => session.close()));
  t.equal(getEventListeners(signal, 'abort').length, 0);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', onWarning);
  t.same(warnings, []);
});

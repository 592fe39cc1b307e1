import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import t, { type Test } from 'tap';
import {
  type SmtpSettings,
  type SmtpTransportOptions,
  smtpPeer,
  smtpTransport,
} from '../../lib/deliver/smtp-transport.ts';
import type { MessageSource, Outcome, Transport } from '../../lib/deliver/transport.ts';
import {
  brokenMessage,
  type FakeScript,
  fakeServer,
  listen,
  makeCertificate,
  messageOf,
  openConnections,
  smtpSettings,
  socketPath,
} from './fake-server.ts';

const MESSAGE = messageOf('Subject: hello\n\n.dot\n');

/** A transport that is closed at the end of the test. */
function transportTo(
  t: Test,
  port: number,
  settings: Partial<SmtpSettings> = {},
  options: Partial<SmtpTransportOptions> = {},
): Transport {
  const transport = smtpTransport(smtpSettings(port, settings), { maxRecipients: 100, ...options });
  t.teardown(() => transport.close());
  return transport;
}

const send = (transport: Transport, recipients: string[], message: MessageSource = MESSAGE) =>
  transport.send({ sender: 's@x.example', recipients }, message);
const short = (outcomes: readonly Outcome[]): string[] =>
  outcomes.map(({ recipient, kind, scope, status }) => `${recipient} ${kind} ${scope} ${status}`);

/** What one send to `recipients` gives with a server that follows `script`. */
async function outcomesWith(
  t: Test,
  script: FakeScript,
  recipients: string[] = ['a@x'],
  settings: Partial<SmtpSettings> = {},
  message = MESSAGE,
): Promise<readonly Outcome[]> {
  const server = await fakeServer(t, script);
  return send(transportTo(t, server.port, settings), recipients, message);
}

type Taken = {
  from: string;
  to: string[];
  bytes: Buffer;
  connection: string;
  secure: boolean;
  user: unknown;
};

/** The smtp-server package as the other side. */
async function realServer(
  t: Test,
  options: SMTPServerOptions = {},
): Promise<{ port: number; taken: Taken[] }> {
  const taken: Taken[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        taken.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          bytes: Buffer.concat(chunks),
          connection: session.id,
          secure: session.secure,
          user: session.user,
        });
        done(null, 'kept');
      });
    },
    ...options,
  });
  server.on('error', () => {});
  return { port: await listen(t, server.server), taken };
}

await t.test('who the settings lead to', async (t) => {
  t.same(smtpPeer(smtpSettings(25)), { host: '127.0.0.1', port: 25 });
  t.same(smtpPeer(smtpSettings(25, { socket: '/run/lmtp' })), { path: '/run/lmtp' });
});

await t.test('against a real SMTP server', async (t) => {
  await t.test('a message, its envelope, its bytes', async (t) => {
    const { port, taken } = await realServer(t);
    const bytes = Buffer.from('Subject: h\xf6\nX: \0\n\n.\n..two\nbare\rcr\r\nlast', 'latin1');
    const message = messageOf(bytes.subarray(0, 17), bytes.subarray(17, 18), bytes.subarray(18));
    const outcomes = await send(transportTo(t, port), ['a@x.example', 'b@x.example'], message);
    t.match(outcomes, [
      { recipient: 'a@x.example', kind: 'delivered', scope: 'recipient', reply: /^250 .*kept/ },
      { recipient: 'b@x.example', kind: 'delivered', scope: 'recipient' },
    ]);
    t.match(taken, [{ from: 's@x.example', to: ['a@x.example', 'b@x.example'] }]);
    t.equal(
      taken[0]?.bytes.toString('latin1'),
      'Subject: h\xf6\r\nX: \0\r\n\r\n.\r\n..two\r\nbare\r\ncr\r\nlast\r\n',
      'CRLF line ends, dots back, 8-bit and NUL untouched',
    );
  });

  await t.test('one connection over five messages, from the null reverse-path too', async (t) => {
    const { port, taken } = await realServer(t);
    const transport = transportTo(t, port);
    for (let n = 0; n < 5; n++) {
      const outcomes = await transport.send({ sender: n % 2 ? '' : 's@x', recipients: [`a${n}@x`] }, MESSAGE);
      t.equal(outcomes[0]?.kind, 'delivered');
    }
    t.equal(new Set(taken.map(({ connection }) => connection)).size, 1);
    t.same(
      taken.map(({ from }) => from),
      ['s@x', '', 's@x', '', 's@x'],
    );
    t.same(
      taken.map(({ to }) => to.join()),
      ['a0@x', 'a1@x', 'a2@x', 'a3@x', 'a4@x'],
    );
  });

  await t.test('sends that are asked for at once run one after another', async (t) => {
    const { port, taken } = await realServer(t);
    const transport = transportTo(t, port);
    const all = await Promise.all(['a@x', 'b@x', 'c@x'].map((recipient) => send(transport, [recipient])));
    t.same(
      all.flatMap(short).map((line) => line.split(' ', 2).join(' ')),
      ['a@x delivered', 'b@x delivered', 'c@x delivered'],
    );
    t.equal(taken.length, 3);
  });

  await t.test('transactions of maxRecipients, outcomes in the order of the envelope', async (t) => {
    const { port, taken } = await realServer(t, {
      onRcptTo: ({ address }, _session, done) =>
        done(address === 'r3@x' ? Object.assign(new Error('gone'), { responseCode: 550 }) : null),
    });
    const recipients = [...Array(7).keys()].map((n) => `r${n}@x`);
    const transport = transportTo(t, port, {}, { maxRecipients: 3 });
    const outcomes = await send(transport, [...recipients, 'r0@x']);
    t.same(
      outcomes.map(({ recipient }) => recipient),
      [...recipients, 'r0@x'],
    );
    t.same(
      outcomes.map(({ kind }) => kind),
      ['delivered', 'delivered', 'delivered', 'permanent', ...Array(4).fill('delivered')],
    );
    t.same(
      taken.map(({ to }) => to.join()),
      ['r0@x,r1@x,r2@x', 'r4@x,r5@x', 'r6@x'],
      'each address once',
    );
  });

  await t.test('30 MB are streamed', async (t) => {
    let received = 0;
    const { port } = await realServer(t, {
      onData: (stream, _session, done) => {
        stream.on('data', (chunk: Buffer) => (received += chunk.length));
        stream.on('end', () => done(null));
      },
    });
    const block = Buffer.from(`${'x'.repeat(76)}\r\n`.repeat(1000));
    const blocks = Math.ceil((30 * 1024 * 1024) / block.length);
    let ahead = 0;
    let given = 0;
    const message: MessageSource = {
      id: 'big',
      size: blocks * block.length,
      stream: () =>
        Readable.from(
          (function* () {
            for (let n = 0; n < blocks; n++) {
              given += block.length;
              ahead = Math.max(ahead, given - received);
              yield block;
            }
          })(),
        ),
    };
    t.match(await send(transportTo(t, port), ['a@x'], message), [{ kind: 'delivered' }]);
    t.equal(received, message.size);
    t.ok(ahead < 20 * 1024 * 1024, `at most ${ahead} bytes ahead of the reader`);
  });

  await t.test('larger than the SIZE the server announced: about the message', async (t) => {
    const { port, taken } = await realServer(t, { size: 1000 });
    const transport = transportTo(t, port);
    const big = messageOf('x'.repeat(2000));
    t.match(await send(transport, ['a@x'], big), [{ kind: 'permanent', scope: 'message', status: '5.3.4' }]);
    t.match(await send(transport, ['a@x']), [{ kind: 'delivered' }], 'the connection is still good');
    t.equal(taken.length, 1);
  });

  await t.test('SMTPUTF8', async (t) => {
    const { port, taken } = await realServer(t);
    t.match(await send(transportTo(t, port), ['jörg@bücher.example', 'a@x']), [
      { recipient: 'jörg@bücher.example', kind: 'delivered' },
      { recipient: 'a@x', kind: 'delivered' },
    ]);
    t.equal(taken.length, 1);
    const plain = await realServer(t, { hideSMTPUTF8: true });
    t.same(short(await send(transportTo(t, plain.port), ['jörg@x.example', 'a@x'])), [
      'jörg@x.example permanent recipient 5.6.7',
      'a@x delivered recipient null',
    ]);
    t.same(plain.taken[0]?.to, ['a@x']);
    const outcomes = await transportTo(t, plain.port).send(
      { sender: 'jörg@x', recipients: ['a@x'] },
      MESSAGE,
    );
    t.same(short(outcomes), ['a@x permanent message 5.6.7']);
  });

  await t.test('no handle is left', async (t) => {
    const { port } = await realServer(t);
    const transport = transportTo(t, port);
    await send(transport, ['a@x']);
    await transport.close();
    t.same(await openConnections(), []);
  });
});

await t.test('addresses that must not reach the wire', async (t) => {
  const server = await fakeServer(t);
  const transport = transportTo(t, server.port);
  const nasty = ['a@x>\r\nRSET', 'b@x\nDATA', 'c\0@x', '', 'd@x> SIZE=1', ' e@x'];
  t.same(short(await send(transport, [...nasty, 'good@x'])), [
    ...nasty.map((one) => `${one} permanent recipient 5.1.3`),
    'good@x delivered recipient 2.0.0',
  ]);
  t.same(
    server.commands.filter((line) => line.startsWith('RCPT')),
    ['RCPT TO:<good@x>'],
  );
  t.notOk(server.commands.includes('RSET'));
  t.match(await transport.send({ sender: 's@x>\r\nRSET', recipients: ['a@x'] }, MESSAGE), [
    { kind: 'permanent', scope: 'message', status: '5.1.7' },
  ]);
  t.same(await send(transport, []), []);
});

/** A server that gives these answers to these commands. */
const answering = (answers: Record<string, string>, pipelining = true): FakeScript => ({
  command: (line) =>
    line.startsWith('EHLO') && !pipelining ? '250 fake' : answers[line.replace(/ BODY=\S+/, '')],
});

await t.test('what the server refuses', async (t) => {
  for (const pipelining of [true, false]) {
    await t.test(pipelining ? 'with PIPELINING' : 'without PIPELINING', async (t) => {
      const rcpt = answering(
        {
          'RCPT TO:<a@x>': '550 5.1.1 nobody',
          'RCPT TO:<b@x>': '450 4.2.1 busy',
          'RCPT TO:<c@x>': '552 5.2.2 full',
        },
        pipelining,
      );
      t.same(short(await outcomesWith(t, rcpt, ['a@x', 'b@x', 'c@x', 'd@x'])), [
        'a@x permanent recipient 5.1.1',
        'b@x temporary recipient 4.2.1',
        'c@x temporary recipient 5.2.2',
        'd@x delivered recipient 2.0.0',
      ]);
      t.same(short(await outcomesWith(t, rcpt, ['a@x', 'b@x'])), [
        'a@x permanent recipient 5.1.1',
        'b@x temporary recipient 4.2.1',
      ]);
      const mail = 'MAIL FROM:<s@x.example>';
      t.same(
        short(await outcomesWith(t, answering({ [mail]: '550 5.1.8 who?' }, pipelining), ['a@x', 'b@x'])),
        ['a@x permanent message 5.1.8', 'b@x permanent message 5.1.8'],
      );
      t.same(short(await outcomesWith(t, answering({ [mail]: '451 later' }, pipelining))), [
        'a@x temporary message null',
      ]);
      t.same(short(await outcomesWith(t, answering({ DATA: '554 5.7.1 no' }, pipelining))), [
        'a@x permanent message 5.7.1',
      ]);
      t.same(short(await outcomesWith(t, answering({ DATA: '451 4.3.0 no' }, pipelining))), [
        'a@x temporary message 4.3.0',
      ]);
      t.same(short(await outcomesWith(t, answering({ [mail]: '530 5.7.0 log in' }, pipelining))), [
        'a@x temporary connection 5.7.0',
      ]);
    });
  }
  t.same(short(await outcomesWith(t, { message: () => '554 5.7.1 spam' }, ['a@x', 'b@x'])), [
    'a@x permanent message 5.7.1',
    'b@x permanent message 5.7.1',
  ]);
  t.same(short(await outcomesWith(t, { message: () => '451 4.7.1 grey' })), ['a@x temporary message 4.7.1']);
  t.match(await outcomesWith(t, { message: () => '250-2.0.0 two\r\n250 2.0.0 lines' }), [
    { kind: 'delivered', status: '2.0.0', reply: '250 2.0.0 two 2.0.0 lines' },
  ]);
});

const at = (verb: string, act: (socket: Socket) => string | null): FakeScript => ({
  command: (line, socket) => (line.startsWith(verb) ? act(socket) : undefined),
});

const hangUp = (socket: Socket): null => {
  socket.destroy();
  return null;
};

await t.test('the connection breaks', async (t) => {
  const lost = ['a@x temporary connection null'];

  for (const verb of ['EHLO', 'MAIL', 'RCPT', 'DATA']) {
    t.same(short(await outcomesWith(t, at(verb, hangUp))), lost, `dropped at ${verb}`);
    t.match(
      await outcomesWith(
        t,
        at(verb, () => '421 4.3.2 closing'),
      ),
      [{ kind: 'temporary', scope: 'connection', reply: /421 4\.3\.2 closing/ }],
    );
  }
  t.match(await outcomesWith(t, { message: (_bytes, socket) => hangUp(socket) }), [
    { kind: 'temporary', scope: 'connection', reply: /closed|ECONNRESET/ },
  ]);
  t.same(
    short(await outcomesWith(t, { partial: (_bytes, socket) => socket.destroy() }, ['a@x'], {}, slow())),
    lost,
  );
  t.same(short(await outcomesWith(t, { message: () => 'what is this' })), lost, 'nonsense');
  t.same(short(await outcomesWith(t, { greeting: '554 5.3.2 go away' })), lost, 'no welcome');

  const refused = { command: (line: string) => (line === 'RCPT TO:<a@x>' ? '550 5.1.1 no' : undefined) };
  t.same(
    short(await outcomesWith(t, { ...refused, message: (_bytes, socket) => hangUp(socket) }, ['a@x', 'b@x'])),
    ['a@x permanent recipient 5.1.1', 'b@x temporary connection null'],
    'who was refused before stays refused',
  );
});

/** A message that takes 100 ms, so that the server can do something in the middle of it. */
function slow(): MessageSource {
  return {
    id: 'slow',
    // Large enough not to be read before it is sent.
    size: 1024 * 1024,
    stream: () =>
      Readable.from(
        (async function* () {
          for (let n = 0; n < 10; n++) {
            yield Buffer.from(`line ${n}\r\n`);
            await sleep(10);
          }
        })(),
      ),
  };
}

await t.test('an answer in the middle of the message', async (t) => {
  let answered = 0;
  const early = (words: string): FakeScript => ({
    partial: (_bytes, socket) => {
      if (answered++ === 0) socket.write(`${words}\r\n`);
    },
  });
  const server = await fakeServer(t, early('552 5.3.4 too big'));
  const transport = transportTo(t, server.port);
  t.same(short(await send(transport, ['a@x'], slow())), ['a@x permanent message 5.3.4']);
  t.same(
    short(await send(transport, ['a@x'])),
    ['a@x delivered recipient 2.0.0'],
    'the next is not mixed up',
  );
  t.equal(server.connections(), 2);
  answered = 0;
  t.match(await outcomesWith(t, early('250 2.0.0 ok'), ['a@x'], {}, slow()), [
    { kind: 'temporary', scope: 'connection', reply: /before the message was complete/ },
  ]);
});

await t.test('the message cannot be read', async (t) => {
  const server = await fakeServer(t);
  const transport = transportTo(t, server.port);
  t.match(await send(transport, ['a@x'], brokenMessage()), [
    { kind: 'temporary', scope: 'message', reply: /cannot read the message broken: EIO/ },
  ]);
  t.same(server.messages, [], 'the half was not ended by a dot');
  t.match(await send(transport, ['a@x']), [{ kind: 'delivered' }]);
  t.equal(server.messages.length, 1);
});

await t.test('patience', async (t) => {
  const brief = { timeoutMs: 300 };
  const timed = async (script: FakeScript): Promise<void> => {
    const began = Date.now();
    t.match(await outcomesWith(t, script, ['a@x'], brief), [
      { kind: 'temporary', scope: 'connection', reply: /no (answer|greeting)/ },
    ]);
    t.ok(Date.now() - began < 2_000, `${Date.now() - began} ms`);
  };
  await timed({ greeting: null });
  await timed({ command: () => null });
  await timed({ command: (line) => (/^(RCPT|DATA)/.test(line) ? null : undefined) });
  await timed({ message: () => null });
});

await t.test('a dead server costs one attempt', async (t) => {
  await t.test('that greets nobody', async (t) => {
    const server = await fakeServer(t, { greeting: null });
    const transport = transportTo(t, server.port, { timeoutMs: 200 });
    const began = Date.now();
    for (let n = 0; n < 20; n++) {
      t.match(await send(transport, ['a@x']), [{ kind: 'temporary', scope: 'connection' }]);
    }
    t.ok(Date.now() - began < 1_000);
    t.equal(server.connections(), 1);
  });

  await t.test('that is not there', async (t) => {
    const server = await fakeServer(t);
    const transport = transportTo(t, server.port, { socket: '/nonexistent/lmtp' });
    const outcomes = await send(transport, ['a@x', 'b@x']);
    t.match(outcomes, [
      { recipient: 'a@x', kind: 'temporary', scope: 'connection', reply: /nonexistent.*ENOENT/ },
      { recipient: 'b@x', kind: 'temporary', scope: 'connection' },
    ]);
    t.same(await send(transport, ['a@x', 'b@x']), outcomes, 'the same words');
  });

  await t.test('that hangs after the greeting, each time', async (t) => {
    const server = await fakeServer(t, { command: (line) => (line.startsWith('MAIL') ? null : undefined) });
    const transport = transportTo(t, server.port, { timeoutMs: 100 });
    for (let n = 0; n < 10; n++) await send(transport, ['a@x']);
    t.equal(server.connections(), 3);
    t.match(await send(transport, ['a@x']), [{ scope: 'connection', reply: /given up for this run/ }]);
  });
});

await t.test('a connection that ended between two messages is opened again', async (t) => {
  const sockets: Socket[] = [];
  const server = await fakeServer(t, {
    command: (line, socket, connection) => {
      if (line.startsWith('EHLO')) sockets.push(socket);
      return connection === 2 && line.startsWith('MAIL') && server.messages.length === 2
        ? '421 4.7.0 enough for one connection'
        : undefined;
    },
  });
  const transport = transportTo(t, server.port);
  t.match(await send(transport, ['a@x']), [{ kind: 'delivered' }]);
  sockets[0]?.destroy();
  t.match(await send(transport, ['b@x']), [{ kind: 'delivered' }], 'after a hang-up');
  t.equal(server.connections(), 2);
  t.match(await send(transport, ['c@x']), [{ kind: 'delivered' }], 'after 421 to MAIL');
  t.equal(server.connections(), 3);
  t.equal(server.messages.length, 3);
});

await t.test('the run ends', async (t) => {
  const ending = new AbortController();
  const server = await fakeServer(t, {
    message: () => {
      ending.abort();
      return null;
    },
  });
  const transport = transportTo(t, server.port);
  const envelope = { sender: '', recipients: ['a@x'] };
  const began = Date.now();
  t.match(await transport.send(envelope, MESSAGE, ending.signal), [
    { kind: 'temporary', scope: 'connection', reply: /run is ending/ },
  ]);
  t.match(await transport.send(envelope, MESSAGE, ending.signal), [{ reply: /run is ending/ }]);
  t.ok(Date.now() - began < 2_000);
  t.equal(server.connections(), 1);
  await transport.close();
  t.same(await openConnections(), []);
});

await t.test('LMTP', async (t) => {
  await t.test('a reply for each recipient', async (t) => {
    const server = await fakeServer(t, {
      command: (line) => (line === 'RCPT TO:<b@x>' ? '550 5.1.1 no b' : undefined),
      message: () =>
        '250 2.0.0 a has it\r\n452 4.2.2 c is full\r\n554 5.7.1 d hates spam\r\n250 2.0.0 e has it',
    });
    const transport = transportTo(t, server.port, { type: 'lmtp' });
    const outcomes = await send(transport, ['a@x', 'b@x', 'c@x', 'd@x', 'e@x']);
    t.same(short(outcomes), [
      'a@x delivered recipient 2.0.0',
      'b@x permanent recipient 5.1.1',
      'c@x temporary recipient 4.2.2',
      'd@x permanent message 5.7.1',
      'e@x delivered recipient 2.0.0',
    ]);
    t.equal(outcomes[0]?.reply, '250 2.0.0 a has it');
    t.match(server.commands[0], /^LHLO /);
  });

  await t.test('the connection breaks between two replies', async (t) => {
    const script: FakeScript = {
      message: (_bytes, socket) => {
        socket.end('250 2.0.0 a has it\r\n550 5.2.1 b is closed\r\n');
        return null;
      },
    };
    t.same(short(await outcomesWith(t, script, ['a@x', 'b@x', 'c@x'], { type: 'lmtp' })), [
      'a@x delivered recipient 2.0.0',
      'b@x permanent recipient 5.2.1',
      'c@x temporary connection null',
    ]);
  });

  await t.test('over a UNIX socket, with the smtp-server package', async (t) => {
    const path = socketPath(t);
    const to: string[] = [];
    const server = new SMTPServer({
      lmtp: true,
      authOptional: true,
      disableReverseLookup: true,
      onData: (stream, session, done) => {
        stream.resume();
        to.push(...session.envelope.rcptTo.map(({ address }) => address));
        stream.on('end', () => done(null, 'kept'));
      },
    });
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject);
      server.listen(path, resolve);
    });
    t.teardown(() => server.close());
    const transport = transportTo(t, 1, { type: 'lmtp', socket: path });
    t.match(await send(transport, ['a@x', 'b@x']), [{ kind: 'delivered' }, { kind: 'delivered' }]);
    t.same(to, ['a@x', 'b@x']);
    await transport.close();
  });
});

await t.test('TLS', async (t) => {
  const own = makeCertificate(t);
  if (own === null) {
    t.plan(0, 'openssl(1) is not here to make a certificate');
    return;
  }
  const trusted = { ca: own.cert };

  const rows: readonly [SmtpSettings['tls'], Partial<SmtpTransportOptions>, SMTPServerOptions, string][] = [
    ['never', {}, own, 'plain'],
    ['opportunistic', {}, own, 'secure'],
    ['opportunistic', {}, { disabledCommands: ['STARTTLS'] }, 'plain'],
    ['required', trusted, own, 'secure'],
    ['required', {}, own, 'self-signed certificate'],
    ['required', trusted, { disabledCommands: ['STARTTLS'] }, 'STARTTLS'],
    ['implicit', trusted, { ...own, secure: true }, 'secure'],
    ['implicit', {}, { ...own, secure: true }, 'self-signed certificate'],
  ];
  for (const [tls, options, server, wanted] of rows) {
    for (const host of ['127.0.0.1', 'localhost']) {
      const { port, taken } = await realServer(t, server);
      const transport = transportTo(t, port, { tls, host }, options);
      const outcomes = await send(transport, ['a@x']);
      const label = `${tls} to ${host}: ${wanted}`;
      if (wanted === 'plain' || wanted === 'secure') {
        t.match(taken, [{ secure: wanted === 'secure' }], label);
        t.match(outcomes, [{ kind: 'delivered' }], label);
      } else {
        t.match(outcomes, [{ kind: 'temporary', scope: 'connection', reply: new RegExp(wanted) }], label);
        t.same(taken, [], label);
      }
      await transport.close();
    }
  }
  t.same(await openConnections(), []);
});

const onAuth: NonNullable<SMTPServerOptions['onAuth']> = ({ username, password }, _session, done) =>
  username === 'lists' && password === 's3cret'
    ? done(null, { user: username })
    : done(Object.assign(new Error('bad credentials'), { responseCode: 535 }));

await t.test('logging in', async (t) => {
  const passwordFile = join(t.testdir(), 'password');
  writeFileSync(passwordFile, 's3cret\n');
  const { port, taken } = await realServer(t, { authOptional: false, allowInsecureAuth: true, onAuth });

  t.match(await send(transportTo(t, port, { auth: { user: 'lists', passwordFile } }), ['a@x']), [
    { kind: 'delivered' },
  ]);
  t.equal(taken[0]?.user, 'lists');

  const stranger = transportTo(t, port, { auth: { user: 'stranger', passwordFile } });
  t.match(await send(stranger, ['a@x', 'b@x']), [
    { kind: 'temporary', scope: 'connection', reply: /cannot log in to smtp server .* as "stranger": .*535/ },
    { kind: 'temporary', scope: 'connection' },
  ]);
  t.notMatch(await send(stranger, ['a@x']), [{ reply: /s3cret/ }]);

  const missing = transportTo(t, port, { auth: { user: 'lists', passwordFile: `${passwordFile}.not` } });
  t.match(await send(missing, ['a@x']), [
    {
      kind: 'temporary',
      scope: 'connection',
      reply: /cannot read the password file .*password\.not: ENOENT/,
    },
  ]);
  t.match(await send(transportTo(t, port), ['a@x']), [
    { kind: 'temporary', scope: 'connection', reply: /530/ },
  ]);

  const without = await fakeServer(t);
  t.match(await send(transportTo(t, without.port, { auth: { user: 'lists', passwordFile } }), ['a@x']), [
    { kind: 'temporary', scope: 'connection', reply: /offers no AUTH/ },
  ]);
  t.notOk(
    without.commands.some((line) => line.startsWith('AUTH')),
    'the password was not sent',
  );
});

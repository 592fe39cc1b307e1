import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, TLSSocket } from 'node:tls';
import t from 'tap';
import { makeCertificate, openConnections } from '../deliver/fake-server.ts';
import { wireRig } from '../deliver/wire-rig.ts';

await t.test('each reply goes to who waits for it, in order', async (t) => {
  const { wire, server, read, until } = await wireRig(t);
  const heard: string[] = [];
  for (const name of ['a', 'b', 'c']) wire.expect('mail', name, (reply) => heard.push(`${name} ${reply}`));
  wire.send('one\r\n');
  wire.send(Buffer.from('two\r\n'));
  t.equal(read(), '', 'not before the turn is over');
  await until('one\r\ntwo\r\n');
  server.write('250 1\r\n250-2\r\n2');
  await sleep(20);
  server.write('50 2\r\n550 3\r\n354 4\r\n');
  t.equal(await wire.ask('hello', 'EHLO', 'EHLO me'), '354 4');
  t.same(heard, ['a 250 1', 'b 250-2\r\n250 2', 'c 550 3']);
  await until('EHLO me\r\n');
  t.ok(wire.alive());
  t.equal(wire.failure(), null);
});

await t.test('how it breaks', async (t) => {
  const rows: readonly [string, (server: Socket) => void, RegExp][] = [
    ['closed', (server) => server.end(), /^the server closed the connection, no answer to MAIL$/],
    ['reset', (server) => server.resetAndDestroy(), /ECONNRESET/],
    ['half a reply', (server) => server.end('250-a\r\n25'), /closed the connection in the middle of a reply/],
    ['nonsense', (server) => server.write('what?\r\n'), /this is no SMTP reply: "what\?"/],
    ['without an end', (server) => server.write(Buffer.alloc(80_000, '2')), /longer than 65536 bytes/],
  ];
  for (const [label, act, wanted] of rows) {
    const { wire, server, broken } = await wireRig(t);
    const reply = wire.ask('mail', 'MAIL', 'MAIL FROM:<>');
    act(server);
    await t.rejects(reply, { name: 'TemporaryError', message: wanted }, label);
    t.match(broken, [wanted], 'told once');
    t.equal(broken.length, 1);
    t.notOk(wire.alive());
    t.match(wire.failure(), wanted);
    await t.rejects(wire.ask('mail', 'MAIL', 'MAIL FROM:<>'), { message: wanted }, 'and stays so');
  }
  t.same(await openConnections(), []);
});

await t.test('words that nobody asked for', async (t) => {
  for (const [words, wanted] of [
    ['250 2.0.0 again', 'the server said what it was not asked for: 250 2.0.0 again'],
    ['421 4.4.2 idle', '421 4.4.2 idle'],
  ] as const) {
    const { wire, server, broken } = await wireRig(t);
    server.write(`${words}\r\n`);
    while (wire.alive()) await sleep(5);
    t.same(broken, [wanted]);
  }
});

await t.test('the patience of each phase', async (t) => {
  const rows = [
    ['greeting', 'the greeting', /^no greeting within/],
    ['hello', 'EHLO', /^no answer to EHLO within/],
    ['mail', 'MAIL', /^no answer to MAIL within/],
    ['rcpt', 'RCPT', /^no answer to RCPT within/],
    ['data', 'DATA', /^no answer to DATA within/],
    ['final', 'the message', /^no answer to the message within/],
    ['quit', 'QUIT', /^no answer to QUIT within/],
  ] as const;
  await Promise.all(
    rows.map(async ([phase, what, wanted]) => {
      const { wire, broken } = await wireRig(t, { [`${phase}Ms`]: 100 });
      const began = Date.now();
      await t.rejects(wire.ask(phase, what, ''), { message: wanted });
      const took = Date.now() - began;
      t.ok(took >= 95 && took < 1_000, `${phase}: ${took} ms`);
      t.match(broken, [wanted]);
    }),
  );
  const { wire, server } = await wireRig(t, { rcptMs: 1_234_567, mailMs: 150 });
  wire.expect('rcpt', 'RCPT', () => {});
  const reply = wire.ask('mail', 'MAIL', '');
  await sleep(200);
  t.ok(wire.alive(), 'the time of one that waits in line does not run');
  server.write('250 a\r\n');
  await sleep(80);
  server.write('250 b\r\n');
  t.equal(await reply, '250 b', 'late, and in time');
  await sleep(200);
  t.ok(wire.alive(), 'no time runs when nothing is waited for');
});

await t.test('while we speak, the server has its time for each piece only', async (t) => {
  const { wire, server } = await wireRig(t, { finalMs: 60, blockMs: 150 }, true);
  wire.expect('final', 'the message', () => {});
  wire.speaking(true);
  await sleep(120);
  t.ok(wire.alive(), 'we took long, not it');
  const piece = Buffer.alloc(8 * 1024 * 1024, 'x');
  t.notOk(wire.send(piece));
  setTimeout(() => server.resume(), 80);
  await wire.drained();
  t.ok(wire.alive(), 'it was slow, and took it');
  server.pause();
  wire.send(piece);
  wire.send(piece);
  const began = Date.now();
  await wire.drained();
  t.match(wire.failure(), /^the server took no more of the message for/);
  t.ok(Date.now() - began < 1_000);
  t.ok(wire.send('more'), 'what is sent then goes nowhere, and nobody waits for it');
});

await t.test('nothing is left of a wire that was broken', async (t) => {
  const { wire, server, broken } = await wireRig(t);
  let heard = 0;
  wire.expect('mail', 'MAIL', () => {
    heard++;
    wire.break('enough');
  });
  wire.expect('mail', 'MAIL', () => heard++);
  server.write('250 a\r\n250 b\r\n');
  while (wire.alive()) await sleep(5);
  wire.break('again');
  t.equal(heard, 1, 'no reply behind the end');
  t.same(broken, ['enough']);
  await wire.drained();
  t.same(await openConnections(), []);
  t.notOk(process.getActiveResourcesInfo().includes('Timeout'), 'no timer');
});

const handshake = (ca: string | undefined) => (socket: Socket) =>
  connectTls({ socket, host: 'localhost', servername: 'localhost', ...(ca ? { ca } : {}) });

await t.test('TLS in the middle', async (t) => {
  const own = makeCertificate(t);
  if (own === null) {
    t.plan(0, 'openssl(1) is not here to make a certificate');
    return;
  }

  const { wire, server, broken } = await wireRig(t);
  server.removeAllListeners('data');
  // Half a reply that somebody put behind the server's word.
  server.write('220 go on\r\n250-injected');
  t.equal(await wire.ask('hello', 'STARTTLS', 'STARTTLS'), '220 go on');
  await sleep(20);
  const secured = new TLSSocket(server, { isServer: true, key: own.key, cert: own.cert });
  secured.on('error', () => {});
  secured.on('data', (chunk) => secured.write(`250 you said ${chunk.toString()}`));
  await wire.secure(handshake(own.cert));
  t.equal(await wire.ask('hello', 'EHLO', 'EHLO me'), '250 you said EHLO me', 'nothing of what was injected');
  t.same(broken, []);
  wire.break('done');

  const stranger = await wireRig(t);
  const unknown = new TLSSocket(stranger.server, { isServer: true, key: own.key, cert: own.cert });
  unknown.on('error', () => {});
  await t.rejects(stranger.wire.secure(handshake(undefined)), { message: /self-signed/ });
  t.notOk(stranger.wire.alive());

  const silent = await wireRig(t, { helloMs: 100 });
  await t.rejects(silent.wire.secure(handshake(own.cert)), {
    message: /no answer to the TLS handshake within/,
  });

  const talker = await wireRig(t);
  const secure = talker.wire.secure(handshake(own.cert));
  talker.server.write('220 this is no handshake\r\n');
  await t.rejects(secure, { name: 'TemporaryError' });
  t.same(await openConnections(), []);
});

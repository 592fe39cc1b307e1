import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { openSocket, peerName } from '../../lib/smtp/open-socket.ts';
import { fakeServer, listen, makeCertificate, openConnections, socketPath } from '../deliver/fake-server.ts';

await t.test('peerName', async (t) => {
  t.equal(peerName({ host: 'mail.example', port: 25 }), 'mail.example:25');
  t.equal(peerName({ host: '::1', port: 25 }), '[::1]:25');
  t.equal(peerName({ path: '/run/lmtp' }), '/run/lmtp');
});

await t.test('a port, by address and by the name in /etc/hosts', async (t) => {
  const port = await listen(
    t,
    createServer((socket) => socket.end('hello')),
  );
  for (const host of ['127.0.0.1', 'localhost']) {
    const socket = await openSocket({ host, port }, 2_000);
    t.equal(String((await once(socket, 'data'))[0]), 'hello', host);
    socket.destroy();
  }
});

await t.test('a UNIX socket', async (t) => {
  const path = socketPath(t);
  const server = createServer((socket) => socket.end('hello'));
  server.listen(path);
  await once(server, 'listening');
  t.teardown(() => server.close());
  const socket = await openSocket({ path }, 2_000);
  t.equal(String((await once(socket, 'data'))[0]), 'hello');
  socket.destroy();
});

await t.test('nobody there', async (t) => {
  const server = createServer();
  const port = await listen(t, server);
  server.close();
  await t.rejects(openSocket({ host: '127.0.0.1', port }, 2_000), {
    name: 'TemporaryError',
    message: /cannot connect to 127\.0\.0\.1:\d+: .*ECONNREFUSED/,
  });
  await t.rejects(
    openSocket({ host: 'localhost', port }, 2_000),
    /ECONNREFUSED/,
    'several addresses have words',
  );
  await t.rejects(openSocket({ path: join(t.testdir(), 'none') }, 2_000), /none: .*ENOENT/);
});

await t.test('an aborted run does not connect', async (t) => {
  await t.rejects(openSocket({ host: '127.0.0.1', port: 9 }, 2_000, AbortSignal.abort()), /run is ending/);
});

await t.test('no answer: the limit holds and nothing stays', async (t) => {
  // TEST-NET-1 (RFC 5737) has no hosts; where the network answers for it all the same, that is a failure too.
  const began = Date.now();
  const error = await openSocket({ host: '192.0.2.1', port: 9 }, 200).catch((error: unknown) => error);
  t.match(error, { name: 'TemporaryError', message: /cannot connect to 192\.0\.2\.1:9/ });
  t.ok(Date.now() - began < 3_000, 'in time');
  t.same(await openConnections(), []);
});

await t.test('TLS from the first byte', async (t) => {
  const own = makeCertificate(t);
  if (own === null) {
    t.plan(0, 'openssl(1) is not here to make a certificate');
    return;
  }
  const { port } = await fakeServer(t, { tls: own });
  for (const host of ['127.0.0.1', 'localhost']) {
    const socket = await openSocket({ host, port }, 2_000, undefined, { ca: own.cert });
    t.match(String((await once(socket, 'data'))[0]), /^220 fake/, host);
    socket.destroy();
    await t.rejects(
      openSocket({ host, port }, 2_000, undefined, {}),
      /self-signed certificate/,
      'unknown authority',
    );
  }
  const plain = await fakeServer(t);
  await t.rejects(openSocket({ host: '127.0.0.1', port: plain.port }, 2_000, undefined, {}), {
    name: 'TemporaryError',
    message: /cannot connect to 127\.0\.0\.1:\d+: .*(ssl|SSL)/,
  });
  t.same(await openConnections(), []);
});

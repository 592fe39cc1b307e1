import { createServer } from 'node:net';
import t from 'tap';
import { serverCarrier } from '../../lib/deliver/server-carrier.ts';
import { ConnectFailure } from '../../lib/smtp/transport.ts';
import { serverSettings } from '../support/settings.ts';
import { fakeServer, messageOf, openConnections, socketPath } from './fake-server.ts';

const name = (changes: Parameters<typeof serverSettings>[0]) => serverCarrier(serverSettings(changes)).name;

await t.test('its name tells servers apart, and who logs in', async (t) => {
  t.equal(name({ host: 'mail.example.net', port: 587 }), 'smtp:mail.example.net:587');
  t.equal(name({ host: '::1', port: 25 }), 'smtp:[::1]:25');
  t.equal(name({ type: 'lmtp', socket: '/run/lmtp.sock' }), 'lmtp:/run/lmtp.sock');
  t.equal(name({ host: 'h', port: 25, tls: 'required' }), 'smtp:h:25/required');
  const auth = { user: 'lists', passwordFile: '/etc/password' };
  t.equal(name({ host: 'mail.example.net', port: 587, auth }), 'smtp:lists@mail.example.net:587');
});

await t.test('a message over it', async (t) => {
  const server = await fakeServer(t);
  const carrier = serverCarrier(serverSettings({ port: server.port, connections: 7 }), {
    name: 'me.example',
  });
  t.equal(carrier.connections, 7);
  const lane = await carrier.open();
  const { outcomes, heard } = await lane.transact({
    sender: 's@example.org',
    recipients: ['ann@example.org'],
    message: messageOf('Subject: x\n\nbody\n'),
  });
  t.equal(heard, true);
  t.match(outcomes, [{ recipient: 'ann@example.org', kind: 'delivered' }]);
  await lane.close();
  t.equal(server.commands[0], 'EHLO me.example');
  t.same(await openConnections(), []);
});

await t.test('LMTP at a socket', async (t) => {
  const path = socketPath(t);
  const commands: string[] = [];
  const server = createServer((socket) => {
    socket.write('220 box\r\n');
    socket.on('data', (chunk) => {
      commands.push(chunk.toString());
      socket.write('250 ok\r\n');
    });
    socket.on('error', () => {});
  });
  server.listen(path);
  t.teardown(() => server.close());
  const lane = await serverCarrier(serverSettings({ type: 'lmtp', socket: path })).open();
  t.match(commands[0], /^LHLO /);
  await lane.close();
});

await t.test('no server', async (t) => {
  const server = await fakeServer(t, { greeting: '554 5.7.1 go away' });
  const carrier = serverCarrier(serverSettings({ port: server.port }));
  const error = await carrier.open().then(
    () => null,
    (reason: unknown) => reason,
  );
  t.ok(error instanceof ConnectFailure);
  t.match(error, { conversation: /< 554 5\.7\.1 go away/ });
});

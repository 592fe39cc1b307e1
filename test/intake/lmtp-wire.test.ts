import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { reply } from '../../lib/intake/lmtp-reply.ts';
import { openWire, type Wire } from '../../lib/intake/lmtp-wire.ts';
import { type LmtpClient, lmtpClient } from '../support/lmtp-client.ts';
import { until } from '../support/program.ts';

/** A wire over a real socket, and its other end. */
async function wired(t: Test, late = () => {}): Promise<{ wire: Wire; client: LmtpClient }> {
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  const client = lmtpClient(address.port);
  const [socket]: Socket[] = await once(server, 'connection');
  t.teardown(() => {
    client.close();
    socket?.destroy();
    server.close();
  });
  if (!socket) throw new Error('no connection');
  return { wire: openWire(socket, late), client };
}

await t.test('replies wait for the moment when input is waited for', async (t) => {
  const { wire, client } = await wired(t);
  wire.say(reply(220, '', 'one'));
  wire.say(reply(250, '2.0.0', 'two'));
  const line = wire.input.line(100);
  t.equal(await client.reply(), '220 one');
  t.equal(await client.reply(), '250 2.0.0 two');
  client.send('NOOP\r\n');
  t.same(await line, { text: 'NOOP' });
});

await t.test('a last word to a client who is in the middle of a sentence', async (t) => {
  const { wire, client } = await wired(t);
  const line = wire.input.line(100);
  wire.end(reply(421, '4.4.2', 'goodbye'));
  t.ok(wire.ended() && wire.closed());
  client.send('x'.repeat(300_000));
  t.equal(await line, null);
  await wire.input.discard();
  t.equal(await client.reply(), '421 4.4.2 goodbye');
  t.equal(await client.reply(), null);
  await wire.gone;
});

await t.test('a client who does not close has five seconds', async (t) => {
  const { wire, client } = await wired(t);
  client.socket.allowHalfOpen = true;
  const started = performance.now();
  wire.end(reply(221, '2.0.0', 'goodbye'));
  t.equal(await client.reply(), '221 2.0.0 goodbye');
  await wire.gone;
  t.ok(performance.now() - started > 4_000, 'he was given time');
});

await t.test('the watch', async (t) => {
  let late = 0;
  const { wire } = await wired(t, () => late++);
  wire.watch(1);
  await until('it is late', () => late === 1);
  wire.watch(20);
  wire.watch(null);
  await new Promise((resolve) => {
    setTimeout(resolve, 60);
  });
  t.equal(late, 1, 'called off');
});

await t.test('a client who is gone', async (t) => {
  const { wire, client } = await wired(t);
  client.socket.resetAndDestroy();
  await wire.gone;
  t.notOk(wire.ended());
  t.ok(wire.closed());
  wire.say(reply(250, '2.0.0', 'nobody hears'));
  await wire.flush();
  wire.end();
  wire.destroy();
});

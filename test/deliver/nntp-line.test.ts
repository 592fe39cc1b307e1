import t from 'tap';
import { openNntpLine } from '../../lib/deliver/nntp-line.ts';
import { fakeServer, openConnections } from './fake-server.ts';

const open = (port: number, timeoutMs = 2_000) => openNntpLine({ host: '127.0.0.1', port }, timeoutMs);

await t.test('questions and answers', async (t) => {
  const server = await fakeServer(t, {
    greeting: '200 hello',
    command: (line) => (line === 'TWO' ? '1\n2' : `you said ${line}`),
  });
  const line = await open(server.port);
  t.equal(await line.read(), '200 hello');
  t.equal(await line.ask('DATE'), 'you said DATE');
  t.ok(line.ready());
  t.equal(await line.ask('TWO'), '1');
  t.notOk(line.ready(), 'something came that was not asked for');
  t.equal(await line.read(), '2', 'a bare LF ends a line too');
  line.close();
  t.notOk(line.ready());
  await t.rejects(line.ask('DATE'), { name: 'TemporaryError' });
  t.same(await openConnections(), []);
});

await t.test('a line that does not end', async (t) => {
  const server = await fakeServer(t, { greeting: `200 ${'x'.repeat(9_000)}` });
  await t.rejects((await open(server.port)).read(), /longer than 8192 bytes/);
});

await t.test('silence, hanging up, the end of the run', async (t) => {
  const silent = await fakeServer(t, { greeting: null });
  const line = await open(silent.port, 100);
  await t.rejects(line.read(), /no answer within/);
  await t.rejects(line.read(), /no answer within/, 'it stays closed');

  const rude = await fakeServer(t, {
    greeting: null,
    command: (_line, socket) => {
      socket.end('half an ans');
      return null;
    },
  });
  await t.rejects((await open(rude.port)).ask('DATE'), /closed the connection/);

  const ending = new AbortController();
  setTimeout(() => ending.abort(), 20);
  await t.rejects((await open(silent.port)).read(ending.signal), /run is ending/);
  await t.rejects((await open(silent.port)).read(ending.signal), /run is ending/, 'aborted before');
  t.same(await openConnections(), []);
});

await t.test('much to send, to one who does not read', async (t) => {
  const server = await fakeServer(t, {
    greeting: null,
    command: (_line, socket) => {
      socket.pause();
      return null;
    },
  });
  const line = await open(server.port, 200);
  await line.write(Buffer.from('x\r\n'));
  await t.rejects(line.write(Buffer.alloc(64 * 1024 * 1024)), /no answer within/);
});

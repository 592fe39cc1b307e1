import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { inheritedSocket, listen, parseListen, placeOf } from '../../lib/intake/lmtp-listen.ts';
import { freePort } from '../support/lab-server.ts';

await t.test('what --listen says', async (t) => {
  const cases: [string, string, string][] = [
    ['/run/qrunner/lmtp.sock', 'path', '/run/qrunner/lmtp.sock'],
    ['./lmtp.sock', 'path', './lmtp.sock'],
    ['127.0.0.1:24', 'tcp', '127.0.0.1:24'],
    ['localhost:8024', 'tcp', 'localhost:8024'],
    ['[::1]:24', 'tcp', '::1:24'],
  ];
  for (const [text, kind, place] of cases) {
    const at = parseListen(text);
    t.equal(at.kind, kind, text);
    t.equal(placeOf(at), place);
  }
  for (const text of [
    '',
    '24',
    ':24',
    'localhost',
    'localhost:',
    '::1:24',
    'localhost:70000',
    'localhost:x',
  ]) {
    t.throws(() => parseListen(text), { status: 64, message: /^cannot read --listen/ }, text);
  }
  t.throws(() => parseListen('localhost:25'), { status: 64, message: /port 25 is for SMTP/ });
});

await t.test('no socket from systemd, and why', async (t) => {
  const cases: [NodeJS.ProcessEnv, RegExp][] = [
    [{}, /LISTEN_FDS and LISTEN_PID are not set/],
    [{ LISTEN_FDS: '1' }, /not set/],
    [{ LISTEN_FDS: '1', LISTEN_PID: '1' }, /LISTEN_PID is 1, and this is process 77/],
    [{ LISTEN_FDS: '2', LISTEN_PID: '77' }, /LISTEN_FDS is 2, wanted 1/],
    [{ LISTEN_FDS: '0', LISTEN_PID: '77' }, /LISTEN_FDS is 0/],
  ];
  for (const [env, message] of cases) t.throws(() => inheritedSocket(env, 77), { status: 64, message });
});

await t.test(
  'a path: its mode, one that is taken, one that was left, one that is something else',
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'qrunner-listen-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'lmtp.sock');
    const first = createServer((socket) => socket.destroy());
    await listen(first, { kind: 'path', path });
    t.equal(statSync(path).mode & 0o777, 0o660);
    const second = createServer();
    await t.rejects(listen(second, { kind: 'path', path }), {
      status: 75,
      message: /cannot listen at .*lmtp\.sock: another process listens there already/,
    });
    t.ok(first.listening, 'the first one is not disturbed');
    first.close();

    writeFileSync(path, 'not a socket');
    await t.rejects(listen(second, { kind: 'path', path }), {
      status: 75,
      message: /a file that is no socket/,
    });
    t.equal(statSync(path).size, 12, 'a file that is no socket stays');
    rmSync(path);
    await t.rejects(listen(second, { kind: 'path', path: join(directory, 'none', 'x') }), {
      status: 75,
      message: /cannot listen at/,
    });
  },
);

await t.test('a port', async (t) => {
  const port = await freePort();
  const server = createServer();
  await listen(server, { kind: 'tcp', host: '127.0.0.1', port });
  const other = createServer();
  await t.rejects(listen(other, { kind: 'tcp', host: '127.0.0.1', port }), {
    status: 75,
    message: /EADDRINUSE/,
  });
  server.close();
});

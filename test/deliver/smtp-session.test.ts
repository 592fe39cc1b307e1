import t from 'tap';
import { openSmtpSession, smtpPeer } from '../../lib/deliver/smtp-session.ts';
import { fakeServer, messageOf, openConnections, smtpSettings } from './fake-server.ts';

const MESSAGE = messageOf('Subject: x\n\nbody\n');

await t.test('who the settings lead to', async (t) => {
  t.same(smtpPeer(smtpSettings(25)), { host: '127.0.0.1', port: 25 });
  t.same(smtpPeer(smtpSettings(25, { socket: '/run/lmtp' })), { path: '/run/lmtp' });
});

await t.test('an unfinished transaction is reset before the next, a finished one is not', async (t) => {
  const server = await fakeServer(t, {
    command: (line) => (line === 'RCPT TO:<no@x>' ? '550 5.1.1 no' : undefined),
  });
  const session = await openSmtpSession(smtpSettings(server.port), { name: 'me.example' });
  await session.transact('s@x', ['a@x'], MESSAGE);
  await session.transact('s@x', ['no@x'], MESSAGE);
  await session.transact('', ['a@x'], MESSAGE);
  await session.quit();
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
      'DATA',
      'RSET',
      'MAIL FROM:<>',
      'RCPT TO:<a@x>',
      'DATA',
      'QUIT',
    ],
  );
  t.same(await openConnections(), []);
});

await t.test('a refused RSET was no attempt', async (t) => {
  const server = await fakeServer(t, {
    command: (line) => (line.startsWith('RCPT') ? '450 later' : line === 'RSET' ? '421 too old' : undefined),
  });
  const session = await openSmtpSession(smtpSettings(server.port), {});
  t.match(await session.transact('', ['a@x'], MESSAGE), { heard: true });
  t.match(await session.transact('', ['a@x'], MESSAGE), {
    heard: false,
    outcomes: [{ kind: 'temporary', scope: 'connection', reply: /421 too old/ }],
  });
  t.notOk(session.alive());
});

await t.test('goodbye to a server that does not answer QUIT', async (t) => {
  const server = await fakeServer(t, { command: (line) => (line === 'QUIT' ? null : undefined) });
  const session = await openSmtpSession(smtpSettings(server.port), {});
  const began = Date.now();
  await session.quit();
  t.ok(Date.now() - began < 3_500, 'two seconds');
  t.same(await openConnections(), []);
});

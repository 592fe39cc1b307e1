import { chmodSync, existsSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { settleTransport, transportSchema } from '../../lib/config/transport-schema.ts';
import { judged } from './mistakes.ts';

const base = t.testdir({ password: 'x', open: 'x' });
chmodSync(path.join(base, 'password'), 0o600);
chmodSync(path.join(base, 'open'), 0o644);
const auth = { user: 'lists', password_file: 'password' };
const transport = (data: unknown) => judged(transportSchema(base), data);

await t.test('maildir', async (t) => {
  t.same(transport({ type: 'maildir' }), { type: 'maildir', path: null });
  t.same(transport({ type: 'maildir', path: 'm' }), { type: 'maildir', path: path.join(base, 'm') });
  t.match(transport({ type: 'maildir', host: 'a', tls: 'never' }), [
    /^host: found the key "host", which does not go with type maildir \| remove it, or write type: smtp/,
    /^tls: found the key "tls"/,
  ]);
});

await t.test('smtp and its ports', async (t) => {
  t.same(transport({ type: 'smtp' }), {
    type: 'smtp',
    host: 'localhost',
    port: 25,
    socket: null,
    tls: 'opportunistic',
    auth: null,
    timeouts: {
      connectMs: 30_000,
      greetingMs: 300_000,
      helloMs: 300_000,
      mailMs: 300_000,
      rcptMs: 300_000,
      dataMs: 120_000,
      blockMs: 180_000,
      finalMs: 600_000,
      quitMs: 2_000,
    },
    connections: 4,
    recipients: null,
    messageSize: null,
    dsn: true,
    schedule: null,
  });
  t.match(transport({ type: 'smtp', auth, tls: 'required' }), {
    port: 587,
    auth: { user: 'lists', passwordFile: path.join(base, 'password') },
  });
  t.match(transport({ type: 'smtp', tls: 'implicit', auth }), { port: 465 });
  t.match(transport({ type: 'smtp', port: 2525, tls: 'implicit' }), { port: 2525 });
  t.match(transport({ type: 'smtp', host: '[2001:db8::1]' }), { host: '2001:db8::1' });
});

await t.test('lmtp', async (t) => {
  t.match(transport({ type: 'lmtp' }), { port: 24, tls: 'never', socket: null });
  t.match(transport({ type: 'lmtp', socket: '/run/lmtp' }), { socket: '/run/lmtp' });
  t.match(transport({ type: 'lmtp', socket: '/run/lmtp', host: 'a', path: 'x' }), [
    /^path: found the key "path", which does not go with type lmtp \| remove it, or write type: maildir/,
    /^host: found the key "host" together with socket/,
  ]);
});

await t.test('mx', async (t) => {
  t.match(transport({ type: 'mx' }), {
    port: 25,
    tls: 'opportunistic',
    auth: null,
    family: 'both',
    dns: [],
    connections: 4,
  });
  t.match(
    transport({ type: 'mx', family: 'ipv4', dns: ['127.0.0.1:5353', '::1'], tls: 'required', port: 26 }),
    {
      port: 26,
      tls: 'required',
      family: 'ipv4',
      dns: ['127.0.0.1:5353', '::1'],
    },
  );
  t.match(transport({ type: 'mx', tls: 'implicit' }), [/^tls: found "implicit", .* \| write required/]);
  t.match(transport({ type: 'mx', auth, dns: '192.0.2.1' }), [
    /^dns: .* \| write \[192\.0\.2\.1\]/,
    /^auth: found the key "auth", which does not go with type mx \| remove it, or write type: smtp/,
  ]);
});

await t.test('sendmail', async (t) => {
  t.match(transport({ type: 'sendmail', command: ['/bin/sh', '-x'] }), {
    command: ['/bin/sh', '-x'],
    timeoutMs: 300_000,
    connections: 4,
    recipients: null,
  });
  t.match(transport({ type: 'sendmail', command: ['/bin/sh'], timeout: '1m' }), { timeoutMs: 60_000 });
  t.match(transport({ type: 'sendmail', command: ['/bin/nothing'] }), [
    /^command\.0: found .*does not exist/,
  ]);
  const plain = transport({ type: 'sendmail' });
  if (existsSync('/usr/sbin/sendmail')) t.match(plain, { command: ['/usr/sbin/sendmail'] });
  else t.match(plain, [/^command: .*does not exist \| add command: \[PATH\/sendmail\]/]);
  t.match(transport({ type: 'sendmail', command: ['/bin/sh'], timeouts: {}, host: 'a' }), [
    /^host: .* \| remove it, or write type: smtp/,
    /^timeouts: .* \| write timeout: 5m, the time for the whole command/,
  ]);
});

await t.test('what holds for a destination', async (t) => {
  const set = {
    connections: 2,
    recipients: 50,
    message_size: '10MB',
    dsn: false,
    schedule: ['22:00-06:00', 'sat-sun 00:00-24:00'],
    timeouts: { connect: '1s', final: '1h' },
  };
  t.match(transport({ type: 'smtp', ...set }), {
    connections: 2,
    recipients: 50,
    messageSize: 10_485_760,
    dsn: false,
    schedule: [
      { days: [0, 1, 2, 3, 4, 5, 6], from: 1_320, to: 360 },
      { days: [0, 6], from: 0, to: 1_440 },
    ],
    timeouts: { connectMs: 1_000, finalMs: 3_600_000, rcptMs: 300_000 },
  });
  t.match(transport({ type: 'smtp', timeouts: null }), { timeouts: { rcptMs: 300_000 } });
  t.match(transport({ type: 'maildir', ...set }), [
    /^timeouts: found/,
    /^connections: found/,
    /^recipients: found/,
    /^message_size: found/,
    /^dsn: found/,
    /^schedule: found the key "schedule", which does not go with type maildir \| remove it, or write type: smtp/,
  ]);
  t.match(transport({ type: 'smtp', connections: 0, recipients: 1001, schedule: [] }), [
    /^connections: .* from 1 to 100/,
    /^recipients: .* from 1 to 1000/,
    /^schedule: found a sequence, wanted a sequence of times/,
  ]);
});

await t.test('what the site has to say', async (t) => {
  const site = { maildir: '/s/maildir', recipients: 7 };
  t.same(settleTransport({ type: 'maildir', path: null }, site), { type: 'maildir', path: '/s/maildir' });
  t.same(settleTransport({ type: 'maildir', path: '/m' }, site), { type: 'maildir', path: '/m' });
  const draft = judged(transportSchema(base), { type: 'smtp' });
  if (Array.isArray(draft)) throw new Error(draft.join('\n'));
  t.match(settleTransport(draft, site), { type: 'smtp', recipients: 7 });
  if (draft.type !== 'maildir')
    t.match(settleTransport({ ...draft, recipients: 3 }, site), { recipients: 3 });
});

await t.test('mistakes, all at once', async (t) => {
  t.same(transport({ type: 'smpt', port: 70_000, hots: 'x', host: 'mail.example.org:25' }), [
    'type: found "smpt", wanted one of maildir, smtp, lmtp, mx, sendmail | write smtp',
    'host: found "mail.example.org:25", wanted a host name or an IP address | write only the host; the port has a key of its own',
    'port: found 70000, wanted a whole number from 1 to 65535 | write a number from 1 to 65535',
    'hots: found the key "hots", wanted one of type, path, host, port, socket, tls, auth, timeouts, connections, recipients, message_size, dsn, schedule, family, dns, command, timeout | write host',
  ]);
  t.match(transport({}), [/^type: found no key "type".*add type: maildir/]);
  t.match(transport({ type: 'smtp', timeouts: { rcpt: '25h', mial: '1m' } }), [
    /^timeouts\.rcpt: found "25h", wanted at most 1d/,
    /^timeouts\.mial: .* \| write mail/,
  ]);
  t.match(
    transport({ type: 'smtp', timeout: '5m' }),
    [/^timeout: found .*type smtp \| write timeouts, .*: timeouts: \{ rcpt: 5m \}/],
    'as it was written once',
  );
});

await t.test('a password does not leave the host unprotected', async (t) => {
  const host = 'mail.example.org';
  const wanted = /^tls: found .* together with auth, wanted required or implicit: .* \| write tls: required/;
  t.match(transport({ type: 'smtp', host, auth }), [wanted]);
  t.match(transport({ type: 'smtp', host, auth, tls: 'never' }), [wanted]);
  t.match(transport({ type: 'smtp', host, auth, tls: 'opportunistic' }), [wanted]);
  for (const tls of ['required', 'implicit']) t.match(transport({ type: 'smtp', host, auth, tls }), { tls });
  for (const local of ['localhost', '127.0.0.1', '::1'])
    t.match(transport({ type: 'smtp', host: local, auth }), { host: local });
  t.match(transport({ type: 'smtp', socket: 's', auth }), { tls: 'opportunistic' }, 'a socket is local');
});

await t.test('the password file', async (t) => {
  const told = (password_file: string) => transport({ type: 'smtp', auth: { user: 'lists', password_file } });
  t.match(told('open'), [/^auth\.password_file: found ".*open" with mode 0644.* \| chmod o-rwx .*open$/]);
  t.match(told('credential:smtp'), { auth: { passwordFile: 'credential:smtp' } });
  t.match(told('credential:a/b'), [
    /^auth\.password_file: found "credential:a\/b", wanted a path, or credential:NAME/,
  ]);
  t.match(told('none'), [/^auth\.password_file: found ".*none", which does not exist/]);
  const clear = transport({ type: 'smtp', auth: { user: 'lists', password: 'hunter2' } });
  t.match(clear, [
    /^auth\.password_file: found no key/,
    /^auth\.password: found the key "password".*write password_file/,
  ]);
  t.notMatch(JSON.stringify(clear), /hunter2/, 'a password is not repeated');
});

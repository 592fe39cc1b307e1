import { chmodSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { newsSchema, transportSchema } from '../../lib/config/transport-schema.ts';
import { judged } from './mistakes.ts';

const base = t.testdir({ password: 'x', open: 'x' });
chmodSync(path.join(base, 'password'), 0o600);
chmodSync(path.join(base, 'open'), 0o644);
const auth = { user: 'lists', password_file: 'password' };
const transport = (data: unknown) => judged(transportSchema(base), data);
const news = (data: unknown) => judged(newsSchema(base), data);

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
    timeoutMs: 300_000,
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
    /^path: found the key "path", which does not go with type lmtp/,
    /^host: found the key "host" together with socket/,
  ]);
});

await t.test('mistakes, all at once', async (t) => {
  t.same(transport({ type: 'smpt', port: 70_000, hots: 'x', host: 'mail.example.org:25' }), [
    'type: found "smpt", wanted one of maildir, smtp, lmtp | write smtp',
    'host: found "mail.example.org:25", wanted a host name or an IP address | write only the host; the port has a key of its own',
    'port: found 70000, wanted a whole number from 1 to 65535 | write a number from 1 to 65535',
    'hots: found the key "hots", wanted one of type, path, host, port, socket, tls, auth, timeout | write host',
  ]);
  t.match(transport({}), [/^type: found no key "type".*add type: maildir/]);
  t.match(transport({ type: 'smtp', timeout: '25h' }), [/^timeout: found "25h", wanted at most 1d/]);
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

await t.test('news', async (t) => {
  const settings = { host: 'news.example.org', port: 119, tls: 'never', auth: null, timeoutMs: 60_000 };
  t.same(news({ host: 'news.example.org' }), settings);
  t.same(news({ host: 'news.example.org', tls: 'implicit' }), { ...settings, tls: 'implicit', port: 563 });
  t.match(news({}), [/^host: found no key "host"/]);
  t.match(news({ host: 'news.example.org', auth }), [
    /^tls: found nothing together with auth, wanted implicit/,
  ]);
  t.match(news({ host: 'localhost', auth }), { auth: { user: 'lists' } });
});

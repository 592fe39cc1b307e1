import t from 'tap';
import { host, timeouts } from '../../lib/config/smtp-schema.ts';
import { judged } from './mistakes.ts';

await t.test('hosts', async (t) => {
  for (const [written, found] of [
    ['mail.example.org', 'mail.example.org'],
    ['192.0.2.1', '192.0.2.1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
  ])
    t.equal(judged(host(), written), found);
  for (const wrong of ['mail.example.org:25', 'smtp://a', 'a b', '', 5])
    t.match(judged(host(), wrong), [/wanted a host name or an IP address/]);
});

await t.test('the patience of RFC 5321, section 4.5.3.2', async (t) => {
  const minute = 60_000;
  t.same(judged(timeouts(), {}), {
    connectMs: 30_000,
    greetingMs: 5 * minute,
    helloMs: 5 * minute,
    mailMs: 5 * minute,
    rcptMs: 5 * minute,
    dataMs: 2 * minute,
    blockMs: 3 * minute,
    finalMs: 10 * minute,
    quitMs: 2_000,
  });
  const each = ['connect', 'greeting', 'hello', 'mail', 'rcpt', 'data', 'block', 'final', 'quit'];
  const set = judged(timeouts(), Object.fromEntries(each.map((key, index) => [key, `${index + 1}s`])));
  t.same(
    set,
    Object.fromEntries(each.map((key, index) => [`${key}Ms`, (index + 1) * 1_000])),
    'each to its own',
  );
  t.match(judged(timeouts(), { final: '2d' }), [/^final: found "2d", wanted at most 1d/]);
});

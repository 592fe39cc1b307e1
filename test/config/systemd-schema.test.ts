import t from 'tap';
import { systemdSchema } from '../../lib/config/systemd-schema.ts';
import { judged } from './mistakes.ts';

const systemd = (data: unknown) => judged(systemdSchema('/etc/qrunner'), data);

await t.test('the group follows the user, and the socket’s group follows that', async (t) => {
  t.same(systemd({}), {
    user: 'list',
    group: 'list',
    sweepMs: 300_000,
    lmtp: true,
    lmtpSocket: null,
    lmtpGroup: 'list',
  });
  t.match(systemd({ user: 'lists' }), { group: 'lists', lmtpGroup: 'lists' });
  t.match(systemd({ group: 'mail-in' }), { user: 'list', group: 'mail-in', lmtpGroup: 'mail-in' });
  t.match(systemd({ lmtp_group: 'postfix', lmtp_socket: 'lmtp', sweep: '1m', lmtp: false }), {
    lmtpGroup: 'postfix',
    lmtpSocket: '/etc/qrunner/lmtp',
    sweepMs: 60_000,
    lmtp: false,
  });
});

await t.test('what cannot be', async (t) => {
  for (const user of ['root', 'a b', 'Ada', '0day', '', 'x\nUser=root'])
    t.match(systemd({ user }), [/^user: found .*, wanted the name of a user other than root/], user);
  t.match(systemd({ sweep: '2d' }), [/^sweep: found "2d", wanted at most 1d/]);
  t.match(systemd({ lmtp_socket: `/${'é'.repeat(54)}` }), [/^lmtp_socket: .*wanted at most 107 bytes/]);
  t.match(systemd({ lmtp_socket: `/${'é'.repeat(53)}` }), { lmtpSocket: /^\/é/ });
});

import { Resolver } from 'node:dns';
import t from 'tap';
import { nameServer } from '../../lib/config/name-server.ts';
import { judged } from './mistakes.ts';

await t.test('what is taken, the resolver takes too', async (t) => {
  for (const text of [
    '192.0.2.53',
    '127.0.0.1:5353',
    '2001:db8::53',
    '[2001:db8::53]:5353',
    '[::1]',
    '[::1]:53',
  ]) {
    t.equal(judged(nameServer(), text), text);
    t.doesNotThrow(() => new Resolver().setServers([text]), text);
  }
});

await t.test('what is not', async (t) => {
  for (const text of [
    '',
    'ns.example.org',
    '192.0.2.53:',
    '192.0.2.53:0',
    '192.0.2.53:70000',
    '192.0.2',
    '[192.0.2.1]:53',
    53,
  ])
    t.match(
      judged(nameServer(), text),
      [/wanted the IP address of a name server.* \| write 192\.0\.2\.53/],
      String(text),
    );
});

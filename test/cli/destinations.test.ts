import t from 'tap';
import { fakeServer } from '../deliver/fake-server.ts';
import { mailServer } from '../support/mail-server.ts';
import { siteRig } from '../support/site-rig.ts';

const POST = 'From: ann@example.org\n\nTea?\n';

await t.test('nothing was sent yet', async (t) => {
  const site = await siteRig(t);
  t.same(await site.call(['destinations']), { status: 0, out: 'Nothing was sent yet.\n', err: '' });
  t.equal((await site.call(['--json', 'destinations'])).out, '[]\n');
  t.match(await site.call(['destinations', 'show', 'x']), { status: 67, err: /no destination "x"/ });
});

await t.test('one that was reached, and one that says no', async (t) => {
  const good = await mailServer(t);
  const bad = await fakeServer(t, { greeting: '554 5.7.1 your \x1b[31maddress is blocked' });
  const site = await siteRig(t, {
    members: ['ann@example.org', 'eve@zoo.example'],
    site: [
      `transport: { type: smtp, host: 127.0.0.1, port: ${good.port}, tls: never }`,
      `routes: { zoo.example: { type: smtp, host: 127.0.0.1, port: ${bad.port}, tls: never } }`,
      '',
    ].join('\n'),
  });
  await site.inject(POST);
  await site.run();
  const names = { good: `smtp:127.0.0.1:${good.port}`, bad: `smtp:127.0.0.1:${bad.port}` };
  const { out } = await site.call(['destinations'], '', true);
  const [head = '', first = '', second = ''] = out
    .replaceAll('\x1b[1m', '')
    .replaceAll('\x1b[22m', '')
    .split('\n');
  t.match(head, /^destination +reached +connections +failures +tried again +last error$/);
  t.match(
    first,
    new RegExp(`^${names.bad} +- +1 +1 +in \\d.* your .*address is blocked`),
    'trouble comes first',
  );
  t.match(second, new RegExp(`^${names.good} +\\d+s ago +\\d +- +-$`));
  t.notMatch(first, '\x1b', 'nothing that a server says reaches the terminal');

  const shown = (await site.call(['destinations', 'show', String(bad.port)])).out;
  t.match(
    shown,
    new RegExp(`^destination +${names.bad}\nreached +never\nconnections +1\nfailures +1 in a row\n`),
  );
  t.match(shown, /\ntried again +in \d/);
  t.match(shown, /\n\n {2}< 554 5\.7\.1 your .*address is blocked\n/);
  t.match(await site.call(['destinations', 'show', 'smtp:127']), {
    status: 64,
    err: /is not enough to tell/,
  });

  const [record] = JSON.parse((await site.call(['--json', 'destinations'])).out);
  t.match(record, {
    name: names.bad,
    failures: 1,
    window: 1,
    reachedAt: null,
    notBefore: Number,
    failedAt: Number,
  });
  t.equal(record.hasConversation, true);
  t.notOk('conversation' in record);
  t.match(JSON.parse((await site.call(['--json', 'destinations', 'show', names.bad])).out), {
    conversation: /^< 554/m,
  });

  await site.call(['out', 'flush', '--destination', names.bad.toUpperCase()]);
  t.match((await site.call(['destinations'])).out, 'with the next mail');
});

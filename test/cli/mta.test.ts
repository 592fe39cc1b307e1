import t from 'tap';
import { siteRig } from '../support/site-rig.ts';

await t.test('settings and table for each server', async (t) => {
  const site = await siteRig(t);
  for (const server of ['postfix', 'exim', 'opensmtpd']) {
    const { status, out, err } = await site.call(['mta', server, '--socket', '/tmp/x.sock']);
    t.match({ status, err }, { status: 0, err: '' }, server);
    t.ok(out.includes('/tmp/x.sock'));
    t.ok(out.includes(`qrunner mta ${server} --table`));
    t.match((await site.call(['mta', server, '--table'])).out, /^\/?\^friends.*@example\\\.org\$/);
  }
  t.match(
    (await site.call(['mta', 'postfix', '--pipe', '--user', 'lists'])).out,
    /user=lists .*\n.*--config .* inject/,
  );
});

await t.test('socket and user are those of the units, unless they are said', async (t) => {
  const plain = await siteRig(t);
  t.match((await plain.call(['mta', 'postfix', '--table'])).out, /qrunner:unix:\/run\/qrunner\/lmtp\.sock$/m);
  const site = await siteRig(t, { site: 'systemd: { user: lists, lmtp_socket: /srv/lmtp.sock }\n' });
  t.match((await site.call(['mta', 'postfix', '--table'])).out, /qrunner:unix:\/srv\/lmtp\.sock$/m);
  t.match((await site.call(['mta', 'postfix', '--pipe'])).out, /user=lists /);
  t.match((await site.call(['mta', 'postfix', '--pipe', '--user', 'ada'])).out, /user=ada /);
});

await t.test('what cannot be meant', async (t) => {
  const site = await siteRig(t);
  t.match(await site.call(['mta', 'sendmail']), {
    status: 64,
    err: /no mail server "sendmail" is known here: there are postfix, exim, opensmtpd/,
  });
  t.match(await site.call(['mta', 'exim', '--pipe']), { status: 64, err: /--pipe is for postfix/ });
  t.match(await site.call(['mta', 'exim', '--socket', 'x']), { status: 64, err: /wanted an absolute path/ });
});

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

await t.test('what cannot be meant', async (t) => {
  const site = await siteRig(t);
  t.match(await site.call(['mta', 'sendmail']), {
    status: 64,
    err: /no mail server "sendmail" is known here: there are postfix, exim, opensmtpd/,
  });
  t.match(await site.call(['mta', 'exim', '--pipe']), { status: 64, err: /--pipe is for postfix/ });
  t.match(await site.call(['mta', 'exim', '--socket', 'x']), { status: 64, err: /wanted an absolute path/ });
});

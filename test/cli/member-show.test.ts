import t from 'tap';
import { siteRig } from '../support/site-rig.ts';

const REPORT = [
  'From: MAILER-DAEMON@example.com\nMIME-Version: 1.0',
  'Content-Type: multipart/report; report-type=delivery-status; boundary=b\n',
  '--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n',
  'Final-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: 5.1.1',
  'Diagnostic-Code: smtp; 550 no \x1b[31msuch user\n\n--b--\n',
].join('\n');

await t.test('a member and what bounced', async (t) => {
  const site = await siteRig(t, { members: ['ann@example.org'] });
  const show = (...args: string[]) =>
    site.call([...args, 'member', 'show', 'friends', 'ANN@example.org'], '', true);
  const before = await show();
  t.match(
    before.out,
    /^address +ann@example\.org\nname\ndelivery +enabled\nposting +default\nsince +\d{4}-.*Z\n$/,
  );
  await site.inject(REPORT, '--to', 'bounces', '-f', '');
  await site.run();
  t.match(
    (await show()).out,
    /\nscore +1 of 5\nstanding +counting, last bounce \d{4}-.*Z\nbounces +\d{4}-.*Z hard 5\.1\.1 550 no \\x1b\[31msuch user\n$/,
  );
  t.match(JSON.parse((await show('--json')).out), {
    address: 'ann@example.org',
    standing: { score: 1, lastBounceAt: Number, phase: 'counting', warned: 0 },
    bounces: [{ at: Number, class: 'hard', status: '5.1.1' }],
  });
});

await t.test('who is no member', async (t) => {
  const site = await siteRig(t);
  const { status, err } = await site.call(['member', 'show', 'friends', 'x@example.org']);
  t.same([status, err], [67, 'qrunner: x@example.org is not a member of friends@example.org\n']);
});

import { join } from 'node:path';
import t, { type Test } from 'tap';
import { MEMBER_LOG_LIFE_MS } from '../../lib/list/member-log.ts';
import { openDatabase } from '../../lib/state/database.ts';
import { siteRig } from '../support/site-rig.ts';

const ANN = 'ann@example.org';

/** A site on which Ann bounced yesterday, once with a threshold of one. */
async function bounced(t: Test) {
  const site = await siteRig(t, { members: [ANN, 'ben@example.org'], site: 'bounces: { threshold: 1 }\n' });
  await site.inject('Subject: failed\n\n', '--to', 'bounces', '-x', 'ann=example.org', '-f', '');
  await site.run();
  const db = await openDatabase(join(site.dir, 'state/qrunner.db'));
  t.teardown(() => db.close());
  db.run('UPDATE standing SET day = day - 1, hard_day = 0');
  return { site, db };
}

await t.test('nobody bounced', async (t) => {
  const site = await siteRig(t, { members: [ANN] });
  t.match(await site.call(['bounces'], '', true), { status: 0, out: 'Nothing to decide.\n', err: '' });
  t.match(await site.call(['--json', 'bounces']), { status: 0, out: '{"orders":[],"forgotten":0}\n' });
  t.same(site.lies(), {});
});

await t.test('an order for each list, carried out once', async (t) => {
  const { site } = await bounced(t);
  t.match(await site.call(['bounces']), { status: 0, out: '', err: '' });
  t.match(await site.call(['bounces'], '', true), { status: 0, out: '1 to decide.\n' });
  t.match(await site.call(['--verbose', 'bounces']), { out: /^bounces \d{16}-\S+ friends@example\.org\n$/ });
  t.same(site.lies(), { 'bounces/new': 3 });
  await site.run();
  t.same(site.lies(), {});
  t.equal(site.mail(ANN).length, 1, 'three orders, one probe');
  t.match(site.mail(ANN)[0], /^Return-Path: <friends-bounces\+probe-[a-z2-7]{16}@example\.org>/);
  t.notMatch(site.mail(ANN)[0], /^Precedence:/m, 'some servers send no bounce for mail in bulk');
});

await t.test('a list that is gone gets none', async (t) => {
  const { site, db } = await bounced(t);
  db.run("UPDATE member SET list = 'gone@example.org' WHERE key = 'ben@example.org'");
  db.run(`INSERT INTO standing SELECT 'gone@example.org', 'ben@example.org', score, day, day_score, hard_day,
    bounced_at, phase, phase_at, warned, warned_at FROM standing`);
  t.match(JSON.parse((await site.call(['--json', 'bounces'])).out), {
    orders: [{ list: 'friends@example.org' }],
  });
  t.same(site.lies(), { 'bounces/new': 1 });
});

await t.test('old logs of who is gone are removed', async (t) => {
  const { site, db } = await bounced(t);
  await site.call(['member', 'rm', 'friends', 'ben@example.org']);
  db.run('UPDATE member_log SET at = ?', Date.now() - MEMBER_LOG_LIFE_MS - 1000);
  t.match(await site.call(['--json', 'bounces']), { out: /"forgotten":2\}\n$/ });
});

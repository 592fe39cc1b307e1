import { join } from 'node:path';
import t from 'tap';
import { postsSince } from '../../lib/list/standing.ts';
import { openDatabase } from '../../lib/state/database.ts';
import { siteRig } from '../support/site-rig.ts';

const post = (from: string, fields = '', body = 'Tea?\n') =>
  `From: ${from}\nSubject: tea\nMessage-ID: <m1@example.org>\n${fields}\n${body}`;

const MEMBERS = ['ann@example.org', 'ben@example.org'];

await t.test('accept: to the archive and to out', async (t) => {
  const site = await siteRig(t, { members: MEMBERS });
  await site.inject(post('Ann <ann@example.org>'), '-f', 'ann@example.org');
  t.same(site.lies(), { 'in/new': 1 });
  await site.run('in');
  t.same(site.lies(), { 'archive/new': 1, 'out/new': 1 });
  const out = await site.entry('out');
  t.match(out.meta, { list: 'friends@example.org', role: 'posting', recipients: MEMBERS, verp: false });
  t.equal(out.meta.sender, 'friends-bounces@example.org', 'bounces come to the list');
  t.match(out.message, 'Subject: [friends] tea\n');
  const archived = await site.entry('archive');
  t.equal(archived.message, out.message);
  t.equal(archived.meta.sender, 'ann@example.org');
});

await t.test('accept: who and what else gets it', async (t) => {
  const site = await siteRig(t, {
    members: MEMBERS,
    site: 'news: { host: 127.0.0.1 }\nqueues: { to-chat: { exec: [/bin/cat] } }\n',
    list: 'archive: false\nverp: true\nnewsgroup: local.tea\ncopy_to: [to-chat]\n',
  });
  await site.call(['member', 'set', 'friends', 'ben@example.org', '--delivery', 'disabled']);
  await site.inject(post('ann@example.org'));
  await site.run('in');
  t.same(site.lies(), { 'news/new': 1, 'out/new': 1, 'to-chat/new': 1 });
  t.match((await site.entry('out')).meta, { recipients: ['ann@example.org'], verp: true });
});

await t.test('posts are counted while somebody has a score', async (t) => {
  const site = await siteRig(t, { members: MEMBERS });
  const db = await openDatabase(join(site.dir, 'state/qrunner.db'));
  t.teardown(() => db.close());
  const accept = async () => {
    await site.inject(post('ann@example.org'), '-f', 'ann@example.org');
    await site.run('in');
    return postsSince(db, 'friends@example.org', 0);
  };
  t.equal(await accept(), 0);
  await site.inject('Subject: failed\n\n', '--to', 'bounces', '-x', 'ben=example.org', '-f', '');
  await site.run('bounces');
  t.equal(await accept(), 1);
  await site.inject(post('eve@example.com'), '-f', 'eve@example.com');
  await site.run('in');
  t.equal(await accept(), 2, 'but not one that is held');
});

await t.test('a list without members is archived', async (t) => {
  const site = await siteRig(t);
  await site.inject(post('olga@example.org'));
  await site.run('in');
  t.same(site.lies(), { 'archive/new': 1 });
});

await t.test('the author is found by From, else by the reverse-path', async (t) => {
  const site = await siteRig(t, { members: MEMBERS });
  await site.inject(post('Eve <nonsense>, Ben <BEN@example.org>'), '-f', 'other@example.org');
  await site.inject(post('eve@example.com'), '-f', 'ann@example.org');
  await site.inject('Subject: no From\n\nx\n', '-f', 'ann@example.org');
  await site.run('in');
  t.equal(site.lies()['out/new'], 3);
  t.equal(site.lies()['in/held'], undefined);
});

await t.test('hold: kept, and the owners are told', async (t) => {
  const site = await siteRig(t, { members: MEMBERS, list: 'subject_prefix: ""\n' });
  await site.inject(post('eve@example.com').replace('tea', '=?utf-8?Q?J=C3=BC=1B[31m?='));
  await site.run();
  t.same(site.lies(), { 'in/held': 1 });
  const held = await site.entry('in', 'held');
  t.match(held.reason, /^eve@example\.com is not a member, and the list holds posts by others\n$/);
  const [notice = '', ...more] = site.mail('olga@example.org');
  t.equal(more.length, 0);
  t.match(notice, 'Subject: A post to friends is waiting for you');
  t.match(notice, /qrunner queue release \d{16}-/);
  t.match(notice, 'Content-Type: text/rfc822-headers');
  t.notMatch(notice, '\x1b', 'a stranger’s control characters do not get into the notice');

  const id = /release (\S+)/.exec(notice)?.[1] ?? '';
  t.match(await site.call(['queue', 'release', id]), { status: 0 });
  await site.run();
  t.same(site.lies(), {});
  t.equal(site.mail('ann@example.org').length, 1, 'released: it is not held again');
  t.equal(site.mail('olga@example.org').length, 1, 'and nobody is told again');
});

await t.test('reject: the author is told and nothing is kept', async (t) => {
  const site = await siteRig(t, { members: MEMBERS, list: 'posting: { nonmembers: reject }\n' });
  await site.inject(post('eve@example.com'), '-f', 'eve-bounces@example.com');
  await site.run();
  t.same(site.lies(), {});
  t.same([...site.mail('ann@example.org'), ...site.archive()], []);
  const [notice] = site.mail('eve-bounces@example.com');
  t.match(notice, 'Return-Path: <>\r\n', 'to where it came from, so that a bounce of it ends');
  t.match(notice, 'Subject: Your post to friends was not accepted');
  t.match(notice, 'In-Reply-To: <m1@example.org>');
  t.match(notice, 'Auto-Submitted: auto-replied');
});

await t.test('reject: no word to a machine or to nobody', async (t) => {
  const site = await siteRig(t, { list: 'posting: { nonmembers: reject }\n' });
  await site.inject(post('cron@example.com', 'Auto-Submitted: auto-generated\n'), '-f', 'cron@example.com');
  await site.inject(post('other@example.com', 'Precedence: list\n'), '-f', 'other-bounces@example.com');
  await site.inject('Subject: from nobody\n\nx\n');
  await site.run('in');
  t.same(site.lies(), {});
});

await t.test('too large', async (t) => {
  const site = await siteRig(t, { members: MEMBERS, list: 'message_size: 2KB\n' });
  await site.inject(post('ann@example.org', '', 'x'.repeat(3000)));
  await site.run();
  t.same(site.lies(), {});
  t.match(site.mail('ann@example.org'), [/Reason: {2}it has 3\.0KB, and the list takes at most 2\.0KB/]);
});

await t.test('discard', async (t) => {
  const site = await siteRig(t, { members: MEMBERS, list: 'posting: { nonmembers: discard }\n' });
  await site.inject(post('eve@example.com'));
  await site.inject(post('ann@example.org', 'X-BeenThere: friends@example.org\n'));
  await site.inject(post('ann@example.org', 'Auto-Submitted: auto-replied\n'));
  await site.inject(post('ann@example.org'), '-f', '');
  await site.run('in');
  t.same(site.lies(), {});
  t.same([...site.mail('olga@example.org'), ...site.mail('ann@example.org')], []);
});

await t.test('mail for the owners', async (t) => {
  const site = await siteRig(t);
  await site.inject(post('eve@example.com'), '--to', 'owner');
  await site.inject(post('eve@example.com', 'X-BeenThere: friends-owner@example.org\n'), '--to', 'owner');
  await site.inject(post('eve@example.com'), '--to', 'owner', '-f', '');
  await site.run();
  t.same(site.lies(), {});
  const mails = site.mail('olga@example.org');
  t.equal(mails.length, 2, 'not what they had already');
  t.match(mails[0], 'Subject: tea\n', 'without the prefix');
  t.match(mails[0], 'X-BeenThere: friends-owner@example.org\n');
  t.match(mails[0], 'Return-Path: <>\n');
});

await t.test('a list that was taken away by mistake loses nothing', async (t) => {
  const site = await siteRig(t, { list: '' });
  await site.inject(post('olga@example.org'));
  await site.call(['list', 'create', 'other', '--owner', 'olga@example.org']);
  await site.call(['list', 'rm', 'friends', '--yes']);
  await site.run('in');
  t.same(site.lies(), { 'in/deferred': 1 });
});

await t.test('a header section without end waits for a person', async (t) => {
  const site = await siteRig(t, { members: MEMBERS, site: 'limits: { failures: 1 }\n' });
  await site.inject(`From: ann@example.org\n${'X-Long: y\n'.repeat(200_000)}\nbody\n`);
  await site.run('in');
  t.same(site.lies(), { 'in/shunt': 1 });
  t.match((await site.entry('in', 'shunt')).reason, 'its header section is larger than 1048576 bytes');
});

await t.test('a large header section below the limit is read', async (t) => {
  const site = await siteRig(t, { members: MEMBERS });
  await site.inject(`${'X-Long: y\n'.repeat(80_000)}From: ann@example.org\n\nbody\n`);
  await site.run('in');
  t.match((await site.entry('out')).message, /\nList-Owner: .*\n\nbody\n$/);
});

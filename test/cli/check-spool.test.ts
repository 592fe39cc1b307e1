import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { siteRig } from '../support/site-rig.ts';

const root = process.getuid?.() === 0;
const POST = 'From: ann@example.org\nSubject: x\n\nx\n';

await t.test('a spool that was just made is right', async (t) => {
  const site = await siteRig(t, { members: ['ann@example.org'] });
  await site.inject(POST);
  await site.run();
  await site.inject(POST);
  t.match(await site.call(['check']), { status: 0 });
});

await t.test('a mode that keeps the group out', async (t) => {
  const site = await siteRig(t);
  await site.inject(POST);
  const queue = join(site.dir, 'spool', 'in', 'new');
  chmodSync(queue, 0o2750);
  const { file } = await site.entry('in');
  chmodSync(file, 0o600);
  const { status, out } = await site.call(['check']);
  t.equal(status, 78);
  t.match(out, `${queue} has mode 2750, wanted 2770`);
  t.match(out, `chmod 2770 ${queue}`);
  t.match(out, `${file} has mode 0600, wanted 0660`);
  t.match(out, `chmod 0660 ${file}`);
  t.match(out, /2 problems/);
});

await t.test('a wrong owner', { skip: root ? false : 'only root can give files away' }, async (t) => {
  const site = await siteRig(t);
  await site.inject(POST);
  const { file } = await site.entry('in');
  chownSync(file, 12_345, 12_345);
  const database = join(site.dir, 'state', 'qrunner.db-wal');
  await site.call(['member', 'add', 'friends', 'ann@example.org']);
  writeFileSync(database, '');
  chownSync(database, 12_345, 0);
  const { status, out } = await site.call(['check']);
  t.equal(status, 78);
  t.match(out, `${file} belongs to group 12345, and the spool to group 0`);
  t.match(out, `chgrp 0 ${file} && chmod 0660 ${file}`);
  t.match(out, `${database} belongs to user 12345, and the state to user 0`);
  t.match(out, `chown -R 0:0 ${database}`);
});

await t.test('not more than can be read at once', async (t) => {
  const site = await siteRig(t);
  for (let n = 0; n < 25; n++) await site.inject(POST);
  for (const { file } of await site.entries('in')) chmodSync(file, 0o600);
  t.match(await site.call(['check']), { status: 78, out: /20 problems/ });
});

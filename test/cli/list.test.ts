import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { siteRig } from '../support/site-rig.ts';

await t.test('create, and what follows', async (t) => {
  const site = await siteRig(t);
  const owners = ['--owner', 'ada@example.org', '--owner', 'olga@example.org'];
  const made = await site.call(['list', 'create', 'Tea', ...owners, '--description', 'All about: "tea" #1']);
  const file = join(site.dir, 'lists', 'tea.yaml');
  t.same(made, { status: 0, out: `Wrote ${file}. Next: qrunner member add tea ADDRESS\n`, err: '' });
  t.match(await site.call(['check']), { status: 0, out: /right, 2 lists/ });
  t.match(JSON.parse((await site.call(['--json', 'list', 'show', 'tea'])).out), {
    address: 'tea@example.org',
    owners: ['ada@example.org', 'olga@example.org'],
    description: 'All about: "tea" #1',
    members: { total: 0 },
  });
  const other = await site.call([
    '--json',
    'list',
    'create',
    'tea@other.example',
    '--owner',
    'ada@example.org',
  ]);
  t.match(JSON.parse(other.out), {
    address: 'tea@other.example',
    file: join(site.dir, 'lists', 'tea@other.example.yaml'),
  });
  t.equal((await site.call(['member', 'add', 'tea@other.example', 'x@example.org'])).status, 0);
});

await t.test('create: what cannot be a list leaves no file', async (t) => {
  const site = await siteRig(t);
  const create = (name: string, ...more: string[]) =>
    site.call(['list', 'create', name, '--owner', 'ada@example.org', ...more]);
  t.match(await create('friends'), { status: 64, err: /the list friends@example\.org is there already/ });
  t.match(await create('no list'), { status: 64, err: /cannot make the list "no list"/ });
  t.match(await create('../etc/passwd'), { status: 64, err: /cannot make the list/ });
  t.match(await create('friends-request'), { status: 64, err: /cannot make the list "friends-request": / });
  t.match(await create('x', '--owner', 'ada'), { status: 64, err: /cannot make "ada" an owner/ });
  t.equal(existsSync(join(site.dir, 'lists', 'friends-request.yaml')), false);
  t.match(await site.call(['check']), { status: 0, out: /1 list/ });
});

await t.test('ls', async (t) => {
  const site = await siteRig(t, {
    members: ['ann@example.org', 'ben@example.org'],
    list: 'description: Tea\n',
  });
  const expected = /^list +members +description\nfriends@example\.org +2 +Tea\n$/;
  for (const args of [['list'], ['list', 'ls']]) t.match((await site.call(args)).out, expected);
  t.same(JSON.parse((await site.call(['--json', 'list'])).out), [
    {
      address: 'friends@example.org',
      description: 'Tea',
      members: { total: 2, enabled: 2, disabled: 0, bouncing: 0 },
    },
  ]);
});

await t.test('show', async (t) => {
  const site = await siteRig(t, { members: ['ann@example.org', 'ben@example.org'] });
  await site.call(['member', 'set', 'friends', 'ann@example.org', '--delivery', 'disabled']);
  const { out } = await site.call(['list', 'show', 'friends']);
  t.match(out, /^list +friends@example\.org\n/);
  t.match(out, /\nmembers +2 \(1 get mail, 1 disabled\)\n/);
  t.match(out, /\naddresses +friends@example\.org\n +friends-owner@example\.org\n/);
  t.match(out, /\nposts by +members: accept; others: hold\n/);
  t.match(await site.call(['list', 'show', 'nobody']), {
    status: 67,
    err: /no list "nobody": there are friends@/,
  });
});

await t.test('rm asks first, and leaves the archive', async (t) => {
  const site = await siteRig(t, { members: ['ann@example.org'] });
  await site.inject('From: ann@example.org\n\nTea?\n');
  await site.run();
  const file = join(site.dir, 'lists', 'friends.yaml');
  const asked = await site.call(['list', 'rm', 'friends']);
  t.match(asked, { status: 64, err: `qrunner: this removes ${file} and 1 members of friends@example.org` });
  t.match(readFileSync(file, 'utf8'), 'owners');
  const gone = await site.call(['list', 'rm', 'friends', '--yes']);
  t.match(gone, {
    status: 0,
    out: /^Removed friends@example\.org and its 1 members\. Its archive stays in /,
  });
  t.notOk(existsSync(file));
  t.equal(site.archive().length, 1);
  await site.call(['list', 'create', 'friends', '--owner', 'ada@example.org']);
  t.equal((await site.call(['member', 'ls', 'friends'])).out, '', 'a new list begins without its members');
});

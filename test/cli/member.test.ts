import t from 'tap';
import { siteRig } from '../support/site-rig.ts';

const MEMBERS = ['ann@example.org', 'ben@example.org', 'eve@example.com'];
const POST = 'From: olga@example.org\n\nTea?\n';

await t.test('ls prints what add reads', async (t) => {
  const site = await siteRig(t);
  const lines = '"Doe, \\"J\\"" <jane@example.org>\nzoe@example.org\n';
  await site.call(['member', 'add', 'friends'], lines);
  const { out } = await site.call(['member', 'ls', 'friends']);
  t.equal(out, lines);
  const json = (await site.call(['--json', 'member', 'ls', 'friends'])).out.trim().split('\n');
  t.match(
    json.map((line): unknown => JSON.parse(line)),
    [
      {
        address: 'jane@example.org',
        name: 'Doe, "J"',
        delivery: 'enabled',
        posting: 'default',
        since: Number,
      },
      { address: 'zoe@example.org', name: '' },
    ],
  );
});

await t.test('ls on a terminal', async (t) => {
  const site = await siteRig(t);
  t.match(
    (await site.call(['member', 'ls', 'friends'], '', true)).out,
    'friends@example.org has no members.\n',
  );
  await site.call(['member', 'add', 'friends', 'ann@example.org']);
  await site.call(['member', 'set', 'friends', 'ann@example.org', '--name', 'Evil\x1b]0;x\x07']);
  const { out } = await site.call(['member', 'ls', 'friends'], '', true);
  t.match(out, /ann@example\.org +Evil\\x1b\]0;x\\x07 +enabled +default +\d{4}-\d\d-\d\d\n$/);
});

await t.test('rm: all or none', async (t) => {
  const site = await siteRig(t, { members: MEMBERS });
  const rm = (...addresses: string[]) => site.call(['member', 'rm', 'friends', ...addresses]);
  t.match(await rm('ann@example.org', 'nobody@example.org'), {
    status: 67,
    out: '',
    err: 'qrunner: nobody@example.org is not a member of friends@example.org; nothing was changed\n',
  });
  t.same(await rm('ANN@example.org', 'ben@example.org'), {
    status: 0,
    out: 'removed ANN@example.org\nremoved ben@example.org\n',
    err: '',
  });
  t.equal((await site.call(['member', 'ls', 'friends'])).out, 'eve@example.com\n');
});

await t.test('set changes what happens', async (t) => {
  const site = await siteRig(t, { members: MEMBERS });
  const set = (...args: string[]) => site.call(['member', 'set', 'friends', ...args]);
  t.match(await set('ann@example.org', 'ben@example.org', '--delivery', 'disabled'), {
    status: 0,
    out: 'changed ann@example.org\nchanged ben@example.org\n',
  });
  await site.inject(POST);
  await site.run();
  t.same(
    MEMBERS.map((member) => site.mail(member).length),
    [0, 0, 1],
  );
  await set('eve@example.com', '--posting', 'hold', '--name', 'Eve');
  await site.inject('From: eve@example.com\n\nTea!\n');
  await site.run('in');
  t.equal(site.lies()['in/held'], 1);
  t.match(await set('nobody@example.org', '--name', 'x'), { status: 67 });
  t.match(await set('ann@example.org', '--posting', 'maybe'), {
    status: 64,
    err: /"maybe": wanted default, accept/,
  });
});

await t.test('no such list', async (t) => {
  const site = await siteRig(t);
  for (const args of [
    ['ls', 'x'],
    ['add', 'x', 'a@example.org'],
    ['rm', 'x', 'a@example.org'],
    ['show', 'x', 'a@example.org'],
  ]) {
    t.match(await site.call(['member', ...args]), { status: 67, err: /no list "x"/ }, args.join(' '));
  }
});

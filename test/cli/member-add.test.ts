import t from 'tap';
import { readMembers } from '../../lib/cli/member-add.ts';
import { siteRig } from '../support/site-rig.ts';

const read = (...lines: string[]) => readMembers(lines, (index) => `line ${index + 1}`);

await t.test('lines', async (t) => {
  t.same(
    read(
      'ann@EXAMPLE.org',
      '',
      '  # a comment',
      ' Ben B <ben@example.org> ',
      '"Doe, Jane" <jane@example.org>\r',
    ),
    {
      members: [
        { address: 'ann@example.org', name: '' },
        { address: 'ben@example.org', name: 'Ben B' },
        { address: 'jane@example.org', name: 'Doe, Jane' },
      ],
      wrong: [],
      twice: [],
    },
  );
  t.same(read().members, []);
});

await t.test('wrong lines are told with their numbers', async (t) => {
  const { members, wrong } = read(
    'ann@example.org',
    'ann',
    '',
    'a@x.org b@x.org',
    'A <a@x.org>, B <b@x.org>',
    '<>',
  );
  t.equal(members.length, 1);
  t.match(wrong, [
    /^line 2: "ann": "ann" has no @/,
    /^line 4: "a@x\.org b@x\.org": .* blank/,
    /^line 5: "A <a@x\.org>, B.*": wanted one address on a line/,
    /^line 6: "<>": wanted one address on a line/,
  ]);
  t.ok((read('x'.repeat(10_000)).wrong[0] ?? '').length < 300, 'a long line is cut');
});

await t.test('the same address twice counts once', async (t) => {
  const { members, twice } = read('ann@example.org', 'ben@example.org', 'Ann <ANN@example.org>');
  t.equal(members.length, 2);
  t.same(twice, ['line 3: ANN@example.org stands in line 1 already']);
});

await t.test('one, and many from standard input', async (t) => {
  const site = await siteRig(t);
  const add = (input: string, ...addresses: string[]) =>
    site.call(['member', 'add', 'friends', ...addresses], input);
  t.same(await add('', 'ann@example.org'), { status: 0, out: 'friends@example.org: added 1\n', err: '' });
  const many = 'ann@example.org\nBen <ben@example.org>\n# x\nBEN@example.org\neve@example.com';
  t.same(await add(many), {
    status: 0,
    out: 'friends@example.org: added 2, 1 was a member already, 1 named twice\n',
    err: 'line 4: BEN@example.org stands in line 2 already\n',
  });
  t.match(await add('fay@example.org\n', '-'), { out: /added 1/ });
  t.same(JSON.parse((await site.call(['--json', 'member', 'add', 'friends', 'ann@example.org'])).out), {
    list: 'friends@example.org',
    added: 0,
    present: 1,
    twice: 0,
  });
  t.equal(
    (await site.call(['member', 'ls', 'friends'])).out,
    'ann@example.org\n"Ben" <ben@example.org>\neve@example.com\nfay@example.org\n',
  );
});

await t.test('when a line is wrong, nobody is added', async (t) => {
  const site = await siteRig(t);
  const lines = Array.from({ length: 3000 }, (_, index) => `m${index}@example.org`);
  lines[1233] = 'not an address';
  lines[2999] = 'nor@this one';
  const { status, out, err } = await site.call(['member', 'add', 'friends'], lines.join('\n'));
  t.same([status, out], [65, '']);
  t.match(
    err,
    /^line 1234: "not an address": .*\nline 3000: .*\nqrunner: 2 addresses are wrong; nobody was added\n$/,
  );
  t.equal((await site.call(['member', 'ls', 'friends'])).out, '');
  const words = await site.call(['member', 'add', 'friends', 'a@example.org', 'b']);
  t.match(words, {
    status: 65,
    err: /^address 2: "b": .*\nqrunner: one address is wrong; nobody was added\n$/,
  });
});

await t.test('not a hundred thousand complaints', async (t) => {
  const site = await siteRig(t);
  const { err } = await site.call(['member', 'add', 'friends'], 'wrong\n'.repeat(5000));
  t.equal(err.split('\n').length, 100 + 2);
  t.match(err, /qrunner: 5000 addresses are wrong/);
});

await t.test('ten thousand at once', async (t) => {
  const site = await siteRig(t);
  const lines = Array.from({ length: 10_000 }, (_, index) => `m${index}@example.org\n`).join('');
  t.match(await site.call(['member', 'add', 'friends'], lines), { status: 0, out: /added 10000\n/ });
});

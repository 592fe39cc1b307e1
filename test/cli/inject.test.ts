import { Readable } from 'node:stream';
import t from 'tap';
import { siteRig } from '../support/site-rig.ts';

const POST = 'Return-Path: <ann@example.org>\nFrom: ann@example.org\n\nTea?\n';

await t.test('a list and its addresses', async (t) => {
  const site = await siteRig(t);
  const cases: [string[], string, Record<string, unknown>][] = [
    [['friends'], 'in', { role: 'posting', extension: null, sender: 'ann@example.org' }],
    [['Friends@EXAMPLE.org'], 'in', { role: 'posting' }],
    [['friends+x@example.org'], 'in', { role: 'posting', extension: 'x' }],
    [['friends-owner@example.org'], 'in', { role: 'owner' }],
    [['friends-request@example.org'], 'commands', { role: 'request' }],
    [['friends-subscribe@example.org'], 'commands', { role: 'join' }],
    [['friends-confirm+ToK@example.org'], 'commands', { role: 'confirm', extension: 'ToK' }],
    [['friends-bounces+a=x.org@example.org'], 'bounces', { role: 'bounces', extension: 'a=x.org' }],
    [
      ['friends', '--to', 'leave', '-x', 'y', '-f', ''],
      'commands',
      { role: 'leave', extension: 'y', sender: '' },
    ],
    [['friends', '-t', 'admin', '-f', '<b@x.org>'], 'bounces', { role: 'bounces', sender: 'b@x.org' }],
    [['friends', '--queue', 'archive'], 'archive', { role: 'posting' }],
  ];
  for (const [args, queue, meta] of cases) {
    t.same(await site.call(['inject', ...args], POST), { status: 0, out: '', err: '' }, args.join(' '));
    const entries = await site.entries(queue);
    t.match(entries.at(-1)?.meta, { list: 'friends@example.org', recipients: [], ...meta }, args.join(' '));
  }
  t.equal(
    Object.values(site.lies()).reduce((sum, count) => sum + count),
    cases.length,
  );
});

await t.test('a list that is really called like an address of another wins', async (t) => {
  const site = await siteRig(t);
  await site.call(['list', 'create', 'tea', '--owner', 'olga@example.org']);
  await site.call(['list', 'create', 'tea@other.example', '--owner', 'olga@example.org']);
  await site.call(['inject', 'tea@other.example'], POST);
  t.equal((await site.entry('in')).meta.list, 'tea@other.example');
});

await t.test('what was accepted', async (t) => {
  const site = await siteRig(t);
  const { out } = await site.call(['--json', 'inject', 'friends'], POST);
  const added: unknown = JSON.parse(out);
  t.match(added, { queue: 'in', id: /^\d{16}-[0-9a-f]{20}$/, size: POST.length });
  t.match((await site.call(['-v', 'inject', 'friends'], POST)).out, /^in \d{16}-[0-9a-f]{20}\n$/);
});

await t.test('the exit status, as a mail server takes it', async (t) => {
  const site = await siteRig(t, { site: 'limits: { message_size: 100KB }\n' });
  const cases: [string, string[], string | Buffer | Readable, number, RegExp][] = [
    ['unknown list', ['nobody'], POST, 67, /^qrunner: no list "nobody": there are friends@example\.org\n$/],
    ['unknown address', ['friends@elsewhere.example'], POST, 67, /no list/],
    ['no address of a list', ['friends-nothing@example.org'], POST, 67, /no list/],
    ['empty', ['friends'], '', 65, /this is not a message: standard input is empty/],
    ['nothing printable', ['friends'], Buffer.alloc(5000), 65, /nothing printable/],
    ['too large', ['friends'], 'x'.repeat(200_000), 65, /larger than 100KB, the site's limit/],
    [
      'an input that fails',
      ['friends'],
      Readable.from(
        (async function* () {
          yield Buffer.from(POST);
          await Promise.resolve();
          throw new Error('the writer is gone');
        })(),
      ),
      75,
      /cannot read the message: the writer is gone/,
    ],
  ];
  for (const [name, args, input, status, words] of cases) {
    t.match(await site.call(['inject', ...args], input), { status, out: '', err: words }, name);
  }
  t.same(site.lies(), {}, 'and nothing stays');
});

await t.test('what may pass is 75: a mail server would send the mail back at 78', async (t) => {
  const wrong = await siteRig(t, { list: 'subscribe: perhaps\n' });
  const { status, err } = await wrong.call(['inject', 'friends'], POST);
  t.equal(status, 75);
  t.match(err, /friends\.yaml:2:\d+: subscribe: found "perhaps"/);
  t.equal((await wrong.call(['--config', `${wrong.dir}/none`, 'inject', 'friends'], POST)).status, 75);
});

await t.test('a spool that cannot be written is 75', async (t) => {
  const site = await siteRig(t, { files: { spool: 'a file in its place' } });
  t.match(await site.call(['inject', 'friends'], POST), { status: 75, err: /cannot prepare the spool/ });
});

await t.test('a writer who keeps his end open is not waited for', async (t) => {
  const site = await siteRig(t, { site: 'limits: { message_size: 1KB }\n' });
  const stdin = new Readable({ read: () => {} });
  stdin.push(Buffer.alloc(100_000, 'x'));
  t.equal((await site.call(['inject', 'friends'], stdin)).status, 65);
  t.ok(stdin.destroyed);
});

import t, { type Test } from 'tap';
import { systemClock } from '../../lib/base/clock.ts';
import type { LogFields } from '../../lib/base/log.ts';
import { loadConfiguration } from '../../lib/config/load.ts';
import { QUEUES } from '../../lib/config/queue-names.ts';
import { findTarget, type ListTarget } from '../../lib/intake/list-target.ts';
import { type Incoming, receive } from '../../lib/intake/lmtp-receive.ts';
import { reply } from '../../lib/intake/lmtp-reply.ts';
import { openSpool } from '../../lib/spool/spool.ts';
import { spoolView } from '../support/site-rig.ts';

const POST = 'From: ann@example.org\n\nTea?\n';

async function* bytes(...chunks: (string | Buffer)[]) {
  for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk));
}

/** A spool, two lists, and receiving into it. */
async function intake(t: Test) {
  const dir = t.testdir({
    'qrunner.yaml': 'domain: example.org\nowner: ada@example.org\n',
    lists: { 'tea.yaml': 'owners: [ada@example.org]\n', 'cake.yaml': 'owners: [ada@example.org]\n' },
  });
  const { configuration } = await loadConfiguration(`${dir}/qrunner.yaml`);
  if (configuration === null) throw new Error('the configuration is wrong');
  const root = `${dir}/spool`;
  const spool = openSpool(
    root,
    QUEUES.map(({ name }) => name),
    systemClock,
  );
  const events: LogFields[] = [];
  const target = (address: string): ListTarget => {
    const found = findTarget(configuration, address);
    if (found === null) throw new Error(`no list ${address}`);
    return found;
  };
  const put = (to: string[], message: AsyncIterable<Buffer>, changes: Partial<Incoming> = {}) =>
    receive(
      {
        spool,
        sender: 'ann@example.org',
        targets: to.map(target),
        turnAway: () => Promise.resolve(null),
        peer: 'mx[unix]',
        log: (level, event, fields = {}) => void events.push({ level, event, ...fields }),
        ...changes,
      },
      message,
    );
  return { put, spool, events, ...spoolView(root) };
}

await t.test('one entry for each recipient, each with its own metadata and the same bytes', async (t) => {
  const { put, lies, entries, events } = await intake(t);
  const large = Buffer.alloc(200_000, 'x\0\xff\n', 'latin1');
  const replies = await put(
    [
      'tea@example.org',
      'cake-bounces+ben=x.example@example.org',
      'cake-join@example.org',
      'tea-owner@example.org',
    ],
    bytes(POST, large),
  );
  t.same(
    replies.map(({ code }) => code),
    [250, 250, 250, 250],
  );
  t.same(lies(), { 'in/new': 2, 'bounces/new': 1, 'commands/new': 1 });
  const [post, owner] = await entries('in');
  const [bounce] = await entries('bounces');
  const [join] = await entries('commands');
  const stored = POST + large.toString('latin1');
  for (const entry of [post, owner, bounce, join]) t.ok(entry?.message === stored, 'byte for byte');
  t.match(post?.meta, {
    list: 'tea@example.org',
    role: 'posting',
    sender: 'ann@example.org',
    extension: null,
  });
  t.match(owner?.meta, { list: 'tea@example.org', role: 'owner' });
  t.match(bounce?.meta, { list: 'cake@example.org', role: 'bounces', extension: 'ben=x.example' });
  t.match(join?.meta, { list: 'cake@example.org', role: 'join' });
  t.match(events[0], {
    level: 'info',
    event: 'lmtp-accept',
    queue: 'in',
    list: 'tea@example.org',
    sender: 'ann@example.org',
    size: stored.length,
    peer: 'mx[unix]',
  });
  t.match(replies[0]?.text, String(events[0]?.id), 'the reply names the entry');
});

await t.test('the reverse-path: null, and what nobody could answer', async (t) => {
  const { put, entries } = await intake(t);
  await put(['tea@example.org'], bytes(POST), { sender: '' });
  await put(['tea@example.org'], bytes(POST), { sender: `${'x'.repeat(70)}@example.org` });
  t.same(
    (await entries('in')).map(({ meta }) => meta.sender),
    ['', null],
  );
});

await t.test('each recipient has his own answer: the first refused, the last too', async (t) => {
  const refused = reply(550, '5.7.1', 'members only');
  for (const away of ['tea@example.org', 'cake@example.org']) {
    const { put, lies, entries } = await intake(t);
    const seen: unknown[] = [];
    const replies = await put(['tea@example.org', 'cake@example.org', 'tea-owner@example.org'], bytes(POST), {
      turnAway: async (post) => {
        seen.push([post.list.name, post.sender, String(post.beginning), post.size]);
        return post.list.address === away ? refused : null;
      },
    });
    t.same(
      replies.map(({ code }) => code),
      away.startsWith('tea') ? [550, 250, 250] : [250, 550, 250],
    );
    t.same(lies(), { 'in/new': 2 }, 'nothing stays of who was refused');
    t.notOk((await entries('in')).some(({ meta }) => meta.list === away && meta.role === 'posting'));
    t.same(seen, [
      ['tea', 'ann@example.org', POST, POST.length],
      ['cake', 'ann@example.org', POST, POST.length],
    ]);
  }
});

await t.test('rules that cannot be looked at: later, and only for those they are for', async (t) => {
  const { put, lies, events } = await intake(t);
  const replies = await put(['tea@example.org', 'tea-bounces@example.org'], bytes(POST), {
    turnAway: () => Promise.reject(new Error('locked')),
  });
  t.match(replies, [{ code: 451, status: '4.3.0' }, { code: 250 }]);
  t.same(lies(), { 'bounces/new': 1 });
  t.match(events[0], {
    level: 'error',
    event: 'lmtp-trouble',
    reason: 'Error: locked',
    list: 'tea@example.org',
  });
});

await t.test('no message', async (t) => {
  const { put, lies } = await intake(t);
  t.match(await put(['tea@example.org', 'cake@example.org'], bytes()), [
    { code: 554, status: '5.6.0' },
    { code: 554, status: '5.6.0' },
  ]);
  t.same(lies(), {});
});

await t.test(
  'what the message throws is thrown on, at its beginning and later, and nothing stays',
  async (t) => {
    const { put, lies, events } = await intake(t);
    const gone = new Error('the client left');
    for (const before of [0, 300_000]) {
      async function* broken() {
        yield await Promise.resolve(Buffer.alloc(before, 'x'));
        throw gone;
      }
      await t.rejects(put(['tea@example.org', 'cake@example.org'], broken()), gone);
    }
    t.same(lies(), {});
    t.same(events, [], 'no trouble of ours');
  },
);

await t.test('a name that cannot be synced: that recipient later, the others now', async (t) => {
  const { put, spool, lies } = await intake(t);
  const error = Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO', syscall: 'fsync' });
  const syncDirectory = (path: string) =>
    path.includes('/commands/') ? Promise.reject(error) : spool.syncDirectory(path);
  const replies = await put(['tea@example.org', 'tea-join@example.org'], bytes(POST), {
    spool: { ...spool, syncDirectory },
  });
  t.match(replies, [{ code: 250 }, { code: 451, status: '4.3.0' }]);
  t.same(lies(), { 'in/new': 1 });
});

import t from 'tap';
import { DEFAULT_BOUNCES } from '../../lib/config/bounce-settings.ts';
import { listSchema } from '../../lib/config/list-schema.ts';
import type { ListSettings } from '../../lib/config/site.ts';
import { judged } from './mistakes.ts';

const context = {
  file: '/etc/qrunner/lists/dev.yaml',
  name: 'dev',
  domain: 'example.org',
  messageSize: 1000,
  retry: { firstMs: 300_000, maxMs: 14_400_000, giveUpMs: 432_000_000, warnMs: 86_400_000 },
  bounces: DEFAULT_BOUNCES,
  queues: ['to-chat'],
  news: true,
};
const list = (data: object, changes: Partial<typeof context> = {}) =>
  judged<ListSettings>(listSchema({ ...context, ...changes }), data);
const owners = ['ada@Example.org'];

await t.test('only owners are needed', async (t) => {
  t.same(list({ owners }), {
    file: '/etc/qrunner/lists/dev.yaml',
    name: 'dev',
    domain: 'example.org',
    address: 'dev@example.org',
    description: '',
    owners: ['ada@example.org'],
    subjectPrefix: '[dev] ',
    posting: { members: 'accept', nonmembers: 'hold' },
    subscribe: 'confirm',
    roster: 'members',
    replyTo: 'author',
    messageSize: 1000,
    archive: true,
    archiveUrl: null,
    verp: 'never',
    retry: context.retry,
    bounces: DEFAULT_BOUNCES,
    newsgroup: null,
    copyTo: [],
  } satisfies ListSettings);
});

await t.test('what is set is taken', async (t) => {
  const set = {
    owners: ['a@b.org', 'a@b.org', 'c@b.org'],
    description: 'Development',
    subject_prefix: '',
    posting: { nonmembers: 'reject' },
    subscribe: 'closed',
    roster: 'owners',
    reply_to: 'list',
    message_size: '1KB',
    archive: false,
    archive_url: 'https://example.org/',
    verp: { every: 10 },
    retry: { first: '1m', warn: '4h' },
    newsgroup: 'comp.lang.c++',
    copy_to: ['to-chat'],
    bounces: { probe: 'first-hard' },
  };
  t.match(list(set), {
    owners: ['a@b.org', 'c@b.org'],
    description: 'Development',
    subjectPrefix: '',
    posting: { members: 'accept', nonmembers: 'reject' },
    subscribe: 'closed',
    roster: 'owners',
    replyTo: 'list',
    messageSize: 1024,
    archive: false,
    archiveUrl: 'https://example.org/',
    verp: { every: 10 },
    retry: { firstMs: 60_000, maxMs: 14_400_000, giveUpMs: 432_000_000, warnMs: 14_400_000 },
    newsgroup: 'comp.lang.c++',
    copyTo: ['to-chat'],
    bounces: { ...DEFAULT_BOUNCES, probe: 'first-hard' },
  });
});

await t.test('verp', async (t) => {
  for (const [written, verp] of [
    ['never', 'never'],
    [false, 'never'],
    ['always', 'always'],
    [true, 'always'],
    [{ every: 1 }, { every: 1 }],
  ] as const)
    t.match(list({ owners, verp: written }), { verp });
  const wanted = 'wanted never, always, or { every: N }';
  t.same(list({ owners, verp: 10 }), [`verp: found 10, ${wanted} | write { every: 10 }`]);
  for (const verp of ['yes', { every: 0 }, { every: 1.5 }, { every: '10' }, { evry: 10 }, { every: 2, x: 1 }])
    t.match(list({ owners, verp }), [
      /^verp: found .* or \{ every: N \} \| write never, always, or \{ every: 10 \} for one post in ten$/,
    ]);
});

await t.test('retry over the site’s', async (t) => {
  t.match(list({ owners, retry: null }), { retry: context.retry });
  t.match(list({ owners, retry: { warn: 'never' } }), { retry: { ...context.retry, warnMs: null } });
  t.match(list({ owners, retry: { first: '6h' } }), [
    /^retry\.first: found 4h, wanted at least the first delay, 6h/,
  ]);
  t.match(list({ owners, retry: { firts: '6h' } }), [
    /^retry\.firts: .* wanted one of first, max, give_up, warn/,
  ]);
});

await t.test('owners', async (t) => {
  t.match(list({}), [
    /^owners: found no key "owners", which must be there \| add owners: \[ada@example.org\]/,
  ]);
  t.match(list({ owners: [] }), [/^owners: found a sequence, wanted a sequence of at least one address/]);
  t.match(list({ owners: 'ada@b.org' }), [/^owners: found "ada@b.org".*\| write \[ada@b.org\]/]);
  t.match(list({ owners: ['a@b.org', 'x', null] }), [
    /^owners\.1: found "x", wanted an address/,
    /^owners\.2: found nothing/,
  ]);
});

await t.test('what the site must have', async (t) => {
  t.match(list({ owners, copy_to: ['to-chta', 'zzz'] }), [
    /^copy_to\.0: found "to-chta", wanted a queue that is in queues of qrunner.yaml \(to-chat\) \| write to-chat/,
    /^copy_to\.1: found "zzz".*add the queue/,
  ]);
  t.match(list({ owners, copy_to: ['x'] }, { queues: [] }), [/\(none: qrunner.yaml has no queues\)/]);
  t.match(list({ owners, newsgroup: 'a.b' }, { news: false }), [
    /^newsgroup: found "a.b", but the site has no news server/,
  ]);
  t.match(list({ owners, newsgroup: 'a..b' }), [/^newsgroup: found "a..b", wanted the name of a newsgroup/]);
});

await t.test('nothing may break out of a header', async (t) => {
  t.match(list({ owners, description: 'a\nb', subject_prefix: '[x]\r\nBcc: y' }), [
    /^description: .*write it on one line/,
    /^subject_prefix: .*write it on one line/,
  ]);
});

await t.test('words that are not known', async (t) => {
  t.match(list({ owners, posting: { members: 'allow', nonmember: 'hold' }, archive: 'yes' }), [
    /^posting\.members: found "allow", wanted one of accept, hold, reject, discard/,
    /^posting\.nonmember: found the key "nonmember".*write nonmembers/,
    /^archive: found "yes", wanted true or false \| write true/,
  ]);
});

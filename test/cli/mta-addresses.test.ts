import t from 'tap';
import { escaped, listDomains, localPattern } from '../../lib/cli/mta-addresses.ts';
import { loadConfiguration } from '../../lib/config/load.ts';
import { LIST_SUFFIXES } from '../../lib/mail/list-address.ts';

async function site(lists: Record<string, string>) {
  const dir = t.testdir({ 'qrunner.yaml': 'domain: example.org\nowner: ada@example.org\n', lists });
  const { configuration } = await loadConfiguration(`${dir}/qrunner.yaml`);
  if (configuration === null) throw new Error('the configuration is wrong');
  return configuration;
}

const LIST = 'owners: [ada@example.org]\n';

await t.test('domains', async (t) => {
  t.same(listDomains(await site({})), ['example.org'], 'before there is a list');
  const lists = { 'a.yaml': LIST, 'b@other.example.yaml': LIST, 'c@other.example.yaml': LIST };
  t.same(listDomains(await site(lists)), ['example.org', 'other.example']);
});

await t.test('all addresses of a list and no others', async (t) => {
  const { lists } = await site({ 'c.d.yaml': LIST });
  const list = lists.get('c.d@example.org');
  if (!list) throw new Error('no list');
  const pattern = new RegExp(`^${localPattern(list)}$`);
  for (const local of [
    'c.d',
    'c.d+x',
    ...LIST_SUFFIXES.flatMap((word) => [`c.d-${word}`, `c.d-${word}+a=b.org`]),
  ])
    t.match(local, pattern);
  for (const local of ['cxd', 'c.d-what', 'c.d-', 'xc.d', 'c.dd', 'c.d-owner-owner'])
    t.notMatch(local, pattern);
});

await t.test('nothing in a name is a pattern', async (t) => {
  const odd = ['.*+?^$', '{}()|[]', '\\/a'].join('');
  t.match(odd, new RegExp(`^${escaped(odd)}$`));
});

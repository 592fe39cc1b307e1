import t from 'tap';
import { loadConfiguration } from '../../lib/config/load.ts';
import { QUEUES } from '../../lib/config/queue-names.ts';
import { findTarget, isListDomain, QUEUE_OF_ROLE } from '../../lib/intake/list-target.ts';
import { ROLES } from '../../lib/spool/entry.ts';

const dir = t.testdir({
  'qrunner.yaml': 'domain: example.org\nowner: ada@example.org\n',
  lists: {
    'tea.yaml': 'owners: [ada@example.org]\n',
    'tea@xn--exmple-cua.net.yaml': 'owners: [ada@example.org]\n',
  },
});
const { configuration, problems } = await loadConfiguration(`${dir}/qrunner.yaml`);
if (configuration === null) throw new Error(JSON.stringify(problems));

await t.test('each address of a list has a queue of ours', async (t) => {
  t.same(Object.keys(QUEUE_OF_ROLE).sort(), [...ROLES].sort());
  const names: readonly string[] = QUEUES.map(({ name }) => name);
  for (const queue of Object.values(QUEUE_OF_ROLE)) t.ok(names.includes(queue), queue);
});

await t.test('what an address means', async (t) => {
  const cases: [string, string | null][] = [
    ['tea@example.org', 'tea@example.org posting null'],
    ['TEA+Cup@EXAMPLE.ORG', 'tea@example.org posting Cup'],
    ['tea-confirm+ToK@example.org', 'tea@example.org confirm ToK'],
    ['tea-owner@example.org', 'tea@example.org owner null'],
    ['tea-owner-owner@example.org', null],
    ['tea-bounces@exämple.net', 'tea@xn--exmple-cua.net bounces null'],
    ['tea@example.net', null],
    ['coffee@example.org', null],
    ['tea-what@example.org', null],
    ['tea', null],
    ['', null],
    ['"tea@x"@example.org', null],
  ];
  for (const [address, wanted] of cases) {
    const target = findTarget(configuration, address);
    const found = target && `${target.list.address} ${target.role} ${target.extension}`;
    t.equal(found, wanted, address);
  }
});

await t.test('domains of the site and its lists', async (t) => {
  for (const domain of ['example.org', 'EXAMPLE.org', 'exämple.net', 'xn--exmple-cua.net'])
    t.ok(isListDomain(configuration, domain), domain);
  for (const domain of ['', 'example.com', 'lists.example.org', '[127.0.0.1]'])
    t.notOk(isListDomain(configuration, domain), domain);
});

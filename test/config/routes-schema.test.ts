import path from 'node:path';
import t from 'tap';
import { loadConfiguration } from '../../lib/config/load.ts';
import { routesSchema } from '../../lib/config/routes-schema.ts';
import { judged } from './mistakes.ts';

const routes = (data: unknown) => judged(routesSchema('/etc/qrunner'), data);
const smtp = { type: 'smtp' };

await t.test('domains, and all below them', async (t) => {
  t.match(routes({ 'Partner.Example': smtp, '.Intern.example': { type: 'lmtp', socket: 's' } }), {
    'partner.example': { type: 'smtp', port: 25 },
    '.intern.example': { type: 'lmtp', socket: '/etc/qrunner/s' },
  });
  const found = routes({ 'Bücher.example': smtp, '.bücher.example': smtp });
  t.same(Object.keys(found), ['xn--bcher-kva.example', '.xn--bcher-kva.example']);
  t.same(routes({}), {});
});

await t.test('no domains', async (t) => {
  const wanted = 'wanted a domain such as example.org, or .example.org for all below it';
  t.same(routes({ 'ada@example.org': smtp }), [
    `ada@example.org: found the key "ada@example.org", ${wanted} | write example.org`,
  ]);
  t.match(routes({ '*.example.org': smtp }), [/\| write \.example\.org$/]);
  for (const key of ['', '.', '..example.org', '192.0.2.1', 'a b', '-a.example', 'example.org.'])
    t.match(routes({ [key]: smtp }), [/wanted a domain .* \| write letters, digits, "-" and dots$/], key);
  t.match(routes('x'), [/wanted a mapping/]);
  t.match(routes({ 'example.org': null }), [/^example\.org: found nothing, wanted a mapping/]);
});

await t.test('the same domain twice', async (t) => {
  t.same(routes({ 'example.org': smtp, 'Example.ORG': smtp, '.example.org': smtp }), [
    'Example.ORG: found the key "Example.ORG", the same domain as "example.org" | keep one of the two and remove the other',
  ]);
});

await t.test('each mistake has its place', async (t) => {
  const site = [
    'domain: example.org',
    'owner: ada@example.org',
    'routes:',
    '  bücher.example: { type: smtp }',
    '  xn--bcher-kva.example: { type: lmtp }',
    '  a_b.example: { type: smtp }',
    '  c.example:',
    '    type: mx',
    '    host: mail.example',
    '    schedule: [24-6]',
  ];
  const dir = t.testdir({ 'qrunner.yaml': `${site.join('\n')}\n`, lists: {} });
  const { problems } = await loadConfiguration(path.join(dir, 'qrunner.yaml'));
  t.match(problems, [
    {
      line: 5,
      column: 3,
      path: 'routes.xn--bcher-kva.example',
      message: /the same domain as "bücher\.example"/,
    },
    { line: 6, column: 3, path: 'routes.a_b.example', message: /wanted a domain/ },
    { line: 9, column: 5, path: 'routes.c.example.host', message: /does not go with type mx/ },
    { line: 10, column: 16, path: 'routes.c.example.schedule[0]', message: /wanted a time/ },
  ]);
  t.equal(problems.length, 4);
});

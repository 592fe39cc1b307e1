import t from 'tap';
import { routeFor } from '../../lib/deliver/route-for.ts';
import { serverSettings } from '../support/settings.ts';

const transport = { type: 'maildir', path: '/m' } as const;
const named = ['example.org', '.example.org', '.deep.example.org', '.net', 'xn--bcher-kva.example'];
const routes = Object.fromEntries(named.map((name) => [name, serverSettings({ host: name })]));

/** The route that was taken, or `site`. */
function taken(domain: string): string {
  const found = routeFor({ transport, routes }, domain);
  return found.type === 'smtp' ? found.host : 'site';
}

await t.test('the domain itself, then the longest suffix, then the site', async (t) => {
  for (const [domain, route] of [
    ['example.org', 'example.org'],
    ['EXAMPLE.org', 'example.org'],
    ['a.example.org', '.example.org'],
    ['a.b.example.org', '.example.org'],
    ['deep.example.org', '.example.org'],
    ['a.deep.example.org', '.deep.example.org'],
    ['anexample.org', 'site'],
    ['anything.net', '.net'],
    ['net', 'site'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['Bücher.Example', 'xn--bcher-kva.example'],
    ['', 'site'],
    ['[192.0.2.1]', 'site'],
    ['constructor', 'site'],
    ['__proto__', 'site'],
  ] as const)
    t.equal(taken(domain), route, domain);
});

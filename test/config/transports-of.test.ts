import t from 'tap';
import { transportsOf } from '../../lib/config/transports-of.ts';
import { serverSettings } from '../support/settings.ts';

await t.test('the site’s transport first, then those of the routes', async (t) => {
  const transport = { type: 'maildir', path: '/m' } as const;
  const [a, b] = [serverSettings({ host: 'a' }), serverSettings({ host: 'b' })];
  t.same(transportsOf({ transport, routes: {} }), [transport]);
  t.same(transportsOf({ transport, routes: { 'a.example': a, '.b.example': b } }), [transport, a, b]);
});

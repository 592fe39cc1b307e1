import t from 'tap';
import { retryRules } from '../../lib/runners/retry-rules.ts';
import { servicesOf } from '../support/runner-rig.ts';

await t.test('a list’s own, or the site’s', async (t) => {
  const own = { firstMs: 1, maxMs: 2, giveUpMs: 3, warnMs: null };
  const services = await servicesOf(t, { list: { retry: own } });
  const { retry } = services.configuration.site;
  t.same(retryRules(services, 'friends@example.org'), own);
  t.same(retryRules(services, null), retry, 'mail of the system');
  t.same(retryRules(services, 'gone@example.org'), retry, 'a list that is no longer there');
});

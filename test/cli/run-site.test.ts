import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../lib/base/clock.ts';
import { silentLog } from '../../lib/base/log.ts';
import { lazyDatabase, queueNames } from '../../lib/cli/open-site.ts';
import { runSite } from '../../lib/cli/run-site.ts';
import { loadConfiguration } from '../../lib/config/load.ts';
import { NO_BUDGET } from '../../lib/drain/budget.ts';
import { WHOLE } from '../../lib/spool/range.ts';
import { openSpool } from '../../lib/spool/spool.ts';
import { siteRig } from '../support/site-rig.ts';

await t.test('a drain with the runners and the limits of the site', async (t) => {
  const rig = await siteRig(t, {
    members: ['ann@example.org'],
    site: 'limits: { failures: 1 }\nqueues: { fails: { exec: [/bin/false] } }\n',
  });
  await rig.inject('From: ann@example.org\n\nTea?\n');
  await rig.inject('From: ann@example.org\n\nTea?\n', '--queue', 'fails');
  const { configuration } = await loadConfiguration(join(rig.dir, 'qrunner.yaml'));
  if (configuration === null) throw new Error('the site of this test has mistakes');
  const { site } = configuration;
  const database = lazyDatabase(site);
  const report = await runSite(
    configuration,
    openSpool(site.spool, queueNames(site), systemClock),
    database,
    {
      parts: queueNames(site).map((queue) => ({ queue, range: WHOLE })),
      waitMs: null,
      log: silentLog,
      budget: NO_BUDGET,
      signal: new AbortController().signal,
      overdue: new AbortController().signal,
    },
  );
  (await database()).close();
  t.equal(report.end, 'drained');
  t.equal(rig.mail('ann@example.org').length, 1);
  t.same(rig.lies(), { 'fails/shunt': 1 }, 'at the first failure');
});

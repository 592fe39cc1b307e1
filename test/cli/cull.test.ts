import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { siteRig } from '../support/site-rig.ts';

const POST = 'From: stranger@example.net\nSubject: x\n\nx\n';

await t.test('kept by default', async (t) => {
  const site = await siteRig(t);
  await site.inject(POST, '--sender', 'stranger@example.net');
  await site.run('in');
  t.match(await site.call(['cull', '--dry-run']), { status: 0, out: 'Nothing to remove.\n', err: '' });
});

await t.test('what is older than the site keeps it goes, and is logged', async (t) => {
  const site = await siteRig(t, { site: 'retention: { held: 1s }\n' });
  await site.inject(POST, '--sender', 'stranger@example.net');
  await site.run('in');
  await new Promise((resolve) => setTimeout(resolve, 1200));
  t.match(await site.call(['cull', '-n']), {
    status: 0,
    out: /^would remove entry in\/held \d{16}-[0-9a-f]{20}, 1s old\nWould remove 1\.\n$/,
  });
  t.match(site.lies(), { 'in/held': 1 });
  const { status, out } = await site.call(['--json', 'cull']);
  t.equal(status, 0);
  t.match(JSON.parse(out), [{ kind: 'entry', queue: 'in', state: 'held' }]);
  t.notOk('in/held' in site.lies());
  t.same(readdirSync(join(site.dir, 'spool', 'in', 'held')), [], 'its reason too');
});

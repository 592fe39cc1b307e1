import { writeFileSync } from 'node:fs';
import t from 'tap';
import type { Context } from '../../lib/cli/context.ts';
import { freshConfiguration, sharedSpool } from '../../lib/cli/lmtp-site.ts';
import { Captured, privateEnv, siteFiles } from '../support/site-rig.ts';

function contextOf(dir: string): Context {
  return {
    io: { stdin: process.stdin, stdout: new Captured(), stderr: new Captured(), env: privateEnv(dir) },
    globals: () => ({ config: dir, json: false, verbose: false }),
    exit: () => {},
    call: async () => 0,
  };
}

await t.test('a configuration is read again when it is too old, and a mistake is not kept', async (t) => {
  const dir = t.testdir(siteFiles());
  let now = 0;
  const configuration = freshConfiguration(contextOf(dir), () => now);
  const first = await configuration(1_000);
  writeFileSync(`${dir}/lists/tea.yaml`, 'owners: [olga@example.org]\n');
  now = 999;
  t.equal(await configuration(1_000), first, 'the same');
  now = 1_000;
  t.ok((await configuration(1_000)).lists.has('tea@example.org'));
  writeFileSync(`${dir}/lists/tea.yaml`, 'owners: [nobody, nobody else]\n');
  await t.rejects(configuration(0), {
    status: 78,
    message:
      /^the configuration is wrong: .*tea\.yaml:1:10: owners\[0\]: [\s\S]*\(and 1 more: qrunner check\)$/,
  });
  writeFileSync(`${dir}/lists/tea.yaml`, 'owners: [olga@example.org]\n');
  t.ok((await configuration(1_000)).lists.has('tea@example.org'), 'looked at again at once');
  await t.rejects(freshConfiguration(contextOf(`${dir}/none`))(0), { status: 78, message: /none/ });
});

await t.test('one spool as long as it is in one place with the same queues', async (t) => {
  const dir = t.testdir(siteFiles());
  const configuration = await freshConfiguration(contextOf(dir))(0);
  const spool = sharedSpool();
  const first = spool(configuration);
  t.equal(spool({ ...configuration }), first);
  t.not(spool({ ...configuration, site: { ...configuration.site, spool: `${dir}/other` } }), first);
});

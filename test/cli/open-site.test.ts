import { statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Context } from '../../lib/cli/context.ts';
import { findList, lazyDatabase, openSite, queueNames, siteFile } from '../../lib/cli/open-site.ts';
import { QUEUES } from '../../lib/config/queue-names.ts';
import { configurationOf, listSettings, siteSettings } from '../support/settings.ts';
import { Captured, privateEnv, siteFiles } from '../support/site-rig.ts';

function contextFor(dir: string, stderr = new Captured()): Context {
  const io = { stdin: process.stdin, stdout: new Captured(), stderr, env: privateEnv(dir) };
  return {
    io,
    globals: () => ({ config: dir, json: false, verbose: false }),
    exit: () => {},
    call: async () => 0,
  };
}

await t.test('the site’s file', async (t) => {
  const dir = t.testdir(siteFiles());
  t.equal(siteFile(contextFor(dir)), join(dir, 'qrunner.yaml'));
  t.throws(() => siteFile(contextFor(join(dir, 'none'))), {
    status: 78,
    message: /^no configuration: looked at /,
  });
});

await t.test('the configuration, or all its mistakes', async (t) => {
  const { site, lists } = await openSite(contextFor(t.testdir(siteFiles())));
  t.equal(site.domain, 'example.org');
  t.same([...lists.keys()], ['friends@example.org']);
  const stderr = new Captured();
  const wrong = contextFor(t.testdir(siteFiles({ site: 'spoool: x\n', list: 'verp: x\n' })), stderr);
  await t.rejects(openSite(wrong), {
    status: 78,
    message: 'the configuration has 2 mistakes; nothing was started',
  });
  t.equal(stderr.text.match(/fix:/g)?.length, 2);
});

await t.test('queues: ours in the mail’s order, then the user’s', async (t) => {
  const queues = { 'to-chat': { kind: 'exec', command: ['/bin/cat'], timeoutMs: 1 } } as const;
  t.same(queueNames(siteSettings('/nowhere', { queues })), [...QUEUES.map(({ name }) => name), 'to-chat']);
});

await t.test('the list a person means', async (t) => {
  const other = listSettings({ domain: 'other.example', address: 'friends@other.example' });
  const tea = listSettings({ name: 'tea', domain: 'other.example', address: 'tea@other.example' });
  const configuration = configurationOf(siteSettings('/nowhere'), listSettings(), other, tea);
  const found = (name: string) => findList(configuration, name).address;
  t.equal(found('friends'), 'friends@example.org', 'the site’s own domain first');
  t.equal(found('FRIENDS@Other.example'), 'friends@other.example');
  t.equal(found('tea'), 'tea@other.example', 'the only one of that name');
  t.throws(() => found('coffee'), {
    status: 67,
    message: 'no list "coffee": there are friends@example.org, friends@other.example, tea@other.example',
  });
  t.throws(() => findList(configurationOf(siteSettings('/nowhere')), 'x'), { message: 'no list "x"' });
});

await t.test('the state is opened once, in a directory of its own', async (t) => {
  const dir = t.testdir();
  const database = lazyDatabase(siteSettings(dir));
  const db = await database();
  t.teardown(() => db.close());
  t.equal(await database(), db);
  t.equal(statSync(join(dir, 'state')).mode & 0o027, 0, 'closed to others');
  const file = t.testdir({ state: 'a file' });
  await t.rejects(lazyDatabase(siteSettings(file))(), { status: 75, message: /^cannot make the state/ });
});

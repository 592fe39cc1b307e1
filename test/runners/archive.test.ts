import { join } from 'node:path';
import t from 'tap';
import { openArchiveRunner } from '../../lib/runners/archive.ts';
import { contextOf, entryOf, servicesOf } from '../support/runner-rig.ts';
import { maildir, siteRig } from '../support/site-rig.ts';

await t.test('a post in the list’s Maildir', async (t) => {
  const site = await siteRig(t);
  await site.inject('From: olga@example.org\nSubject: tea\n\nJ\xfcrgen\0\n');
  await site.run();
  t.same(site.lies(), {});
  t.match(site.archive(), [/^From: olga@example\.org\nSubject: \[friends\] tea\n[\s\S]*\n\nJ..rgen\0\n$/]);
});

await t.test('a repeat adds nothing', async (t) => {
  const services = await servicesOf(t);
  const runner = openArchiveRunner(services);
  const entry = entryOf('Subject: tea\n\nbody\n');
  t.same(await runner.run(entry, contextOf()), { kind: 'done', outputs: [], note: 'delivered' });
  t.same(await runner.run(entry, contextOf()), { kind: 'done', outputs: [], note: 'present' });
  const directory = join(services.configuration.site.archive, 'friends@example.org');
  t.same(maildir(directory), ['Subject: tea\n\nbody\n']);
});

await t.test('an entry without a list fails with words', async (t) => {
  const runner = openArchiveRunner(await servicesOf(t));
  const entry = entryOf('', { list: 'gone@example.org' });
  await t.rejects(runner.run(entry, contextOf()), { message: /^no list gone@example\.org: is its file/ });
  await t.rejects(runner.run(entryOf('', { list: null }), contextOf()), { message: /is for no list$/ });
});

import { readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { type SiteRig, siteRig } from '../support/site-rig.ts';
import { smallDisk } from '../support/small-disk.ts';

const STRANGE = 'From: stranger@example.com\nSubject: hi\n\nbody\n';

/** The id of the only entry there. */
async function idIn(
  site: SiteRig,
  queue: string,
  state: 'new' | 'held' | 'shunt' | 'deferred',
): Promise<string> {
  return /(\d{16}-[0-9a-f]{20})/.exec(basename((await site.entry(queue, state)).file))?.[1] ?? '';
}

await t.test('hold and release', async (t) => {
  const site = await siteRig(t, { members: ['ann@example.org'] });
  await site.inject('From: ann@example.org\n\nTea?\n');
  const id = await idIn(site, 'in', 'new');
  t.same(await site.call(['queue', 'hold', id]), { status: 0, out: `hold in/new ${id}\n`, err: '' });
  t.same(site.lies(), { 'in/held': 1 });
  await site.run();
  t.same(site.lies(), { 'in/held': 1 }, 'a run leaves it alone');
  t.match((await site.entry('in', 'held')).reason, 'held by a person');
  for (const bell of readdirSync(join(site.dir, 'spool', 'bell'))) t.fail(bell);
  t.same(await site.call(['queue', 'release', id.slice(17, 25)]), {
    status: 0,
    out: `release in/held ${id}\n`,
    err: '',
  });
  t.equal(readdirSync(join(site.dir, 'spool', 'bell')).length, 1, 'its bell is rung');
  await site.run();
  t.same(site.lies(), {});
  t.equal(site.mail('ann@example.org').length, 1);
});

await t.test('delete', async (t) => {
  const site = await siteRig(t);
  await site.inject(STRANGE);
  const id = await idIn(site, 'in', 'new');
  const early = await site.call(['queue', 'delete', id]);
  t.match(early, { status: 65, err: `cannot delete ${id}: it is in in/new, wanted held, shunt, bad` });
  await site.run();
  t.same(await site.call(['queue', 'delete', id]), { status: 0, out: `delete in/held ${id}\n`, err: '' });
  t.same(site.lies(), {});
  t.same(readdirSync(join(site.dir, 'spool', 'in', 'held')), [], 'with its reason');
  t.match(await site.call(['queue', 'delete', id]), { status: 67, err: `no entry "${id}"` });
});

await t.test('release from shunt', async (t) => {
  const site = await siteRig(t, {
    site: 'queues: { odd: { exec: [/bin/false] } }\n',
    list: 'copy_to: [odd]\n',
  });
  await site.inject('From: olga@example.org\n\nx\n');
  await site.run();
  const id = await idIn(site, 'odd', 'shunt');
  t.equal((await site.call(['queue', 'release', id])).status, 0);
  t.same(site.lies(), { 'odd/new': 1 });
  await site.run();
  t.same(site.lies(), { 'odd/shunt': 1 }, 'and back, when nothing was mended');
});

await t.test('which entry', async (t) => {
  const site = await siteRig(t);
  await site.inject(STRANGE);
  await site.inject(STRANGE);
  await site.run('in');
  const both = await site.call(['queue', 'release', '1']);
  t.match(both, { status: 64, err: /^qrunner: "1" is not enough to tell \d{16}-\w+ \(in\/held\), \d{16}-/ });
  const [first = '', second = ''] = (await site.entries('in', 'held')).map(({ file }) => basename(file));
  t.match(await site.call(['queue', 'delete', first, second]), {
    status: 0,
    out: /^delete in\/held .*\ndelete in\/held .*\n$/,
  });
  t.match(await site.call(['queue', 'show', 'nothing']), { status: 67 });
});

await t.test('a foreign file can be seen, and is not moved', async (t) => {
  const site = await siteRig(t);
  await site.inject(STRANGE);
  writeFileSync(join(site.dir, 'spool', 'in', 'new', 'README'), 'what is this');
  await site.run('in');
  t.equal(site.lies()['in/bad'], 1);
  t.match(await site.call(['queue', 'show', 'README']), {
    status: 0,
    out: /where +in\/bad[\s\S]*unreadable/,
  });
  t.match(await site.call(['queue', 'release', 'README']), {
    status: 65,
    err: /its name is not that of an entry/,
  });
  t.match((await site.call(['queue', 'ls', 'in', 'bad'])).out, /README +in\/bad/);
});

const disk = smallDisk(256);
const skip = typeof disk === 'string' ? disk : false;
await t.test('hold on a full disk is trouble that may pass, in one line', { skip }, async (t) => {
  if (typeof disk === 'string') return;
  using _ = disk;
  const site = await siteRig(t);
  symlinkSync(disk.root, join(site.dir, 'spool'));
  await site.inject(STRANGE);
  const id = await idIn(site, 'in', 'new');
  const filler = join(disk.root, 'filler');
  t.throws(() => writeFileSync(filler, Buffer.alloc(1024 * 1024)), { code: 'ENOSPC' });
  const { status, out, err } = await site.call(['queue', 'hold', id]);
  t.same([status, out], [75, '']);
  t.match(err, new RegExp(`^qrunner: cannot hold ${id}: ENOSPC[^\\n]*\\n$`));
  t.same(site.lies(), { 'in/new': 1 }, 'where it was');
  t.same(readdirSync(join(disk.root, 'in', 'held')), [], 'and no half of a reason');
  rmSync(filler);
  t.equal((await site.call(['queue', 'hold', id])).status, 0);
  t.same(site.lies(), { 'in/held': 1 });
});

await t.test('half a reason is not shown', async (t) => {
  const site = await siteRig(t);
  t.equal((await site.call(['queue'])).status, 0);
  const half = '1795420800123456-9f86d081884c7d659a2f.reason.4711.tmp';
  writeFileSync(join(site.dir, 'spool', 'in', 'held', half), '2026-11-23');
  t.equal((await site.call(['queue'])).out, 'All queues are empty.\n');
  t.equal((await site.call(['queue', 'ls'])).out, 'Nothing there.\n');
  t.equal((await site.call(['queue', 'show', half])).status, 67);
});

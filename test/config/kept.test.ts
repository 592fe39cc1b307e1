import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { keepConfiguration } from '../../lib/config/kept.ts';
import { openConfiguration } from '../../lib/config/open.ts';

const SITE = 'domain: example.org\nowner: ada@example.org\n';

/** A kept configuration, and whether each opening might use the cache. */
function rig(t: Test) {
  const dir = t.testdir({ 'qrunner.yaml': SITE, lists: { 'dev.yaml': 'owners: [ada@example.org]\n' } });
  const file = join(dir, 'qrunner.yaml');
  const opened: boolean[] = [];
  const kept = keepConfiguration(
    file,
    { cache: true, env: { CACHE_DIRECTORY: join(dir, 'cache') } },
    (path, options) => {
      opened.push(options.cache);
      return openConfiguration(path, options);
    },
  );
  return { dir, file, kept, opened };
}

await t.test('read once, and again when a file has changed', async (t) => {
  const { dir, kept, opened } = rig(t);
  // What is younger than two seconds is not trusted.
  await sleep(2100);
  const first = await kept.read();
  t.ok(first.configuration);
  t.equal(await kept.read(), first, 'the same object');
  t.same(opened, [true]);
  writeFileSync(join(dir, 'lists', 'new.yaml'), 'owners: [ada@example.org]\n');
  t.equal((await kept.read()).configuration?.lists.size, 2, 'a new list');
  t.equal(opened.length, 2);
  rmSync(join(dir, 'lists', 'new.yaml'));
  t.equal((await kept.read()).configuration?.lists.size, 1);
});

await t.test('a file changed a moment ago is read again', async (t) => {
  const { kept, opened } = rig(t);
  await kept.read();
  await kept.read();
  t.equal(opened.length, 2);
});

await t.test('told to forget', async (t) => {
  const { kept, opened } = rig(t);
  await sleep(2100);
  await kept.read();
  kept.forget();
  await kept.read();
  await kept.read();
  t.same(opened, [true, false], 'past the cache, once');
});

await t.test('a wrong configuration is looked at each time, and one that has gone is wrong', async (t) => {
  const { file, kept, opened } = rig(t);
  writeFileSync(file, `${SITE}domaiin: x\n`);
  utimesSync(file, 1, 1);
  t.match(await kept.read(), { configuration: null, problems: [{ path: 'domaiin' }] });
  writeFileSync(file, SITE);
  t.ok((await kept.read()).configuration);
  rmSync(file);
  t.match(await kept.read(), { configuration: null, problems: [{ file }] });
  t.equal(opened.length, 3);
});

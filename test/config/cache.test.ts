import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { cacheFileOf, loadCached, storeCache } from '../../lib/config/cache.ts';
import { loadConfiguration } from '../../lib/config/load.ts';
import type { Configuration } from '../../lib/config/site.ts';

const SITE = 'domain: example.org\nowner: ada@example.org\nqueues: { q: { module: ./q.js } }\n';
const LIST = 'owners: [ada@example.org]\n';

/** Long enough after the files were made, as far as the cache is told. */
const LATER = Date.now() + 3_600_000;

/** A site whose configuration is kept. */
async function kept(t: Test) {
  const dir = t.testdir({ 'qrunner.yaml': SITE, 'q.js': '', lists: { 'dev.yaml': LIST } });
  const file = path.join(dir, 'qrunner.yaml');
  const cacheFile = path.join(dir, 'cache/deep/c.json');
  const { configuration } = await loadConfiguration(file);
  if (!configuration) throw new Error('the site of this test has mistakes');
  await storeCache(configuration, cacheFile, LATER);
  return { dir, file, cacheFile, configuration, again: () => loadCached(file, cacheFile) };
}

await t.test('where it lies', async (t) => {
  const dir = t.testdir({ 'qrunner.yaml': '', other: '' });
  const file = path.join(dir, 'qrunner.yaml');
  const place = (env: Record<string, string>, uid = 1000) =>
    path.dirname(cacheFileOf(file, { env, home: '/home/ada', uid }) ?? '');
  t.equal(place({ CACHE_DIRECTORY: '/var/cache/x', XDG_CACHE_HOME: '/xdg' }), '/var/cache/x');
  t.equal(place({ CACHE_DIRECTORY: '/var/cache/x:/var/cache/y' }), '/var/cache/x');
  t.equal(place({ XDG_CACHE_HOME: '/xdg' }), '/xdg/qrunner');
  t.equal(place({ XDG_CACHE_HOME: 'relative' }), '/home/ada/.cache/qrunner');
  t.equal(place({}), '/home/ada/.cache/qrunner');
  t.equal(place({ XDG_CACHE_HOME: '/xdg' }, 0), '/var/cache/qrunner', 'root leaves home directories alone');
  const owner = { env: {}, home: '/home/ada', uid: 1000 };
  t.match(cacheFileOf(file, owner), /\/qrunner-%2F.*%2Fqrunner\.yaml\.json$/);
  const deep = path.join(dir, 'd'.repeat(200));
  mkdirSync(deep);
  writeFileSync(path.join(deep, 'qrunner.yaml'), '');
  t.match(
    cacheFileOf(path.join(deep, 'qrunner.yaml'), owner),
    /\/qrunner-[0-9a-f]{64}\.json$/,
    'too long a path',
  );
  symlinkSync('qrunner.yaml', path.join(dir, 'link'));
  t.equal(cacheFileOf(path.join(dir, 'link'), owner), cacheFileOf(file, owner), 'by the real path');
  t.not(cacheFileOf(path.join(dir, 'other'), owner), cacheFileOf(file, owner));
  t.equal(cacheFileOf(path.join(dir, 'none'), owner), null);
});

await t.test('what is kept comes back the same', async (t) => {
  const { again, configuration, cacheFile } = await kept(t);
  t.same(await again(), configuration);
  t.equal(statSync(cacheFile).mode & 0o777, 0o600);
  t.same(readdirSync(path.dirname(cacheFile)), ['c.json'], 'and nothing beside it');
});

await t.test('any change of any file makes it void', async (t) => {
  const changes: Record<string, (dir: string) => void> = {
    'the site': (dir) => writeFileSync(path.join(dir, 'qrunner.yaml'), `${SITE}\n`),
    'a list': (dir) => writeFileSync(path.join(dir, 'lists/dev.yaml'), LIST.replace('ada', 'bob')),
    'a new list': (dir) => writeFileSync(path.join(dir, 'lists/new.yaml'), LIST),
    'a list gone': (dir) => rmSync(path.join(dir, 'lists/dev.yaml')),
    'a module': (dir) => rmSync(path.join(dir, 'q.js')),
    'its time alone': (dir) => utimesSync(path.join(dir, 'lists/dev.yaml'), 1, 1),
    'its mode alone': (dir) => chmodSync(path.join(dir, 'lists/dev.yaml'), 0o600),
  };
  for (const [name, change] of Object.entries(changes)) {
    await t.test(name, async (t) => {
      const { dir, again } = await kept(t);
      t.ok(await again());
      change(dir);
      t.equal(await again(), null);
    });
  }
});

await t.test('a file changed just before it was read is not trusted', async (t) => {
  const { configuration, file, cacheFile } = await kept(t);
  rmSync(cacheFile);
  await storeCache(configuration, cacheFile);
  t.notOk(existsSync(cacheFile));
  t.equal(await loadCached(file, cacheFile), null);
  const changedAt = statSync(file).ctimeMs;
  await storeCache(configuration, cacheFile, changedAt + 1_900);
  t.notOk(existsSync(cacheFile), '1.9 seconds before');
  await storeCache(configuration, cacheFile, changedAt + 5_000);
  t.ok(existsSync(cacheFile), '5 seconds before');
});

await t.test('a cache that another could have written', async (t) => {
  const { again, cacheFile } = await kept(t);
  for (const mode of [0o620, 0o602, 0o666]) {
    chmodSync(cacheFile, mode);
    t.equal(await again(), null, mode.toString(8));
  }
  chmodSync(cacheFile, 0o644);
  t.ok(await again(), 'readable for others is no danger');
  const geteuid = process.geteuid;
  t.teardown(() => Object.assign(process, { geteuid }));
  Object.assign(process, { geteuid: () => (geteuid?.() ?? 0) + 1 });
  t.equal(await again(), null, 'of another user');
});

await t.test('a cache that is a link, a directory, torn, or of another program', async (t) => {
  const { again, cacheFile, file } = await kept(t);
  symlinkSync(cacheFile, `${cacheFile}.link`);
  t.equal(await loadCached(file, `${cacheFile}.link`), null);
  t.equal(await loadCached(file, path.dirname(cacheFile)), null);
  t.equal(await loadCached(file, `${cacheFile}.none`), null);
  const whole = readFileSync(cacheFile, 'utf8');
  const variants = {
    torn: whole.slice(0, -10),
    empty: '',
    null: 'null',
    'another format': whole.replace(/"format":\d+/, '"format":999'),
    'another program': whole.replace(/"program":"/, '"program":"9'),
    'no stamps': whole.replace(/"stamps":\{[^}]*\}/, '"stamps":null'),
  };
  for (const [name, text] of Object.entries(variants)) {
    writeFileSync(cacheFile, text);
    t.equal(await again(), null, name);
  }
  writeFileSync(cacheFile, whole);
  t.ok(await again(), 'the whole one still holds');
});

await t.test('two links to one site file do not share answers', async (t) => {
  const { dir, cacheFile } = await kept(t);
  const link = path.join(dir, 'lists/link');
  symlinkSync('../qrunner.yaml', link);
  t.equal(await loadCached(link, cacheFile), null);
});

await t.test('a place that cannot be written is no matter', async (t) => {
  const { configuration, dir } = await kept(t);
  const place = path.join(dir, 'qrunner.yaml/c.json');
  await storeCache(configuration, place, LATER);
  t.equal(await loadCached(configuration.site.file, place), null);
  const gone: Configuration = {
    ...configuration,
    site: { ...configuration.site, file: path.join(dir, 'gone') },
  };
  await storeCache(gone, path.join(dir, 'gone.json'), LATER);
  t.notOk(existsSync(path.join(dir, 'gone.json')), 'nor a file that is gone since');
});

await t.test('a password that systemd hands over is no file to look after', async (t) => {
  const auth = 'auth: { user: u, password_file: "credential:smtp" }';
  const dir = t.testdir({
    'qrunner.yaml': `${SITE}transport: { type: smtp, ${auth} }\n`,
    'q.js': '',
    lists: {},
  });
  const file = path.join(dir, 'qrunner.yaml');
  const { configuration } = await loadConfiguration(file);
  if (!configuration) throw new Error('the site of this test has mistakes');
  await storeCache(configuration, path.join(dir, 'c.json'), LATER);
  t.same(await loadCached(file, path.join(dir, 'c.json')), configuration);
});

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { openConfiguration } from '../../lib/config/open.ts';

const SITE = 'domain: example.org\nowner: ada@example.org\n';
const LIST = 'owners: [ada@example.org]\n';

/** Waits until every file of the site is older than the cache asks for. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 2_100));

await t.test('through the cache, and past it', async (t) => {
  const dir = t.testdir({ 'qrunner.yaml': SITE, lists: { 'dev.yaml': LIST } });
  const file = path.join(dir, 'qrunner.yaml');
  const cache = path.join(dir, 'cache');
  const env = { CACHE_DIRECTORY: cache };
  await settle();
  const plain = await openConfiguration(file, { cache: false, env });
  t.ok(plain.configuration);
  t.notOk(existsSync(cache), 'nothing is kept unasked');
  t.same(await openConfiguration(file, { cache: true, env }), plain);
  t.equal(readdirSync(cache).length, 1);

  // A process of its own, to see what it loads: V8 lists every script for a coverage report.
  const open = new URL('../../lib/config/open.js', import.meta.url).href;
  const loads = (cached: boolean): string => {
    const coverage = path.join(dir, `coverage-${cached}`);
    const script = `import { openConfiguration } from ${JSON.stringify(open)};
      const { configuration } = await openConfiguration(${JSON.stringify(file)}, { cache: ${cached} });
      if (!configuration) throw new Error('no configuration');`;
    execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, ...env, NODE_V8_COVERAGE: coverage },
    });
    const scripts = readdirSync(coverage).map((name) => readFileSync(path.join(coverage, name), 'utf8'));
    return (scripts.join().match(/"url":"[^"]*"/g) ?? []).join('\n');
  };
  const heavy = /node_modules\/(yaml|valibot)\/|config\/load\.js/;
  t.match(loads(false), heavy, 'without the cache the packages are needed');
  const light = loads(true);
  t.match(light, /config\/cache\.js/);
  t.notMatch(light, heavy, 'with it they are not');

  writeFileSync(path.join(dir, 'lists/dev.yaml'), 'owners: []\n');
  const broken = await openConfiguration(file, { cache: true, env });
  t.equal(broken.configuration, null, 'a mistake is seen at once');
  t.equal(broken.problems.length, 1);
});

/**
 * The rules of the house as a test: floors, cycles, file length, a test for every file, nothing loose in lib/.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Folders of lib/ from the ground up. A file imports its own folder and lower floors. */
const FLOORS = [
  ['base'],
  ['mail', 'spool', 'state', 'config', 'watch'],
  ['smtp'],
  ['list', 'deliver', 'intake', 'units', 'bounce'],
  ['post'],
  ['runners'],
  ['drain'],
  ['cli'],
] as const;

/** Files over the limit, each with the reason why it stays whole. */
const LONG: Readonly<Record<string, string>> = {};

/** Lines a file may have. */
const LIMIT = 250;

/** Files without a test of their own, each with the reason. */
const UNTESTED: Readonly<Record<string, string>> = {
  'lib/base/fs-native-extensions.d.ts': 'types of a package',
  'lib/bounce/detector.ts': 'types only',
  'lib/bounce/reading.ts': 'types only',
  'lib/cli/context.ts': 'types only',
  'lib/config/systemd-settings.ts': 'types only',
  'lib/intake/lmtp-transaction.ts': 'types only',
  'lib/runners/runner.ts': 'types only',
};

type Source = {
  readonly file: string;
  readonly folder: string;
  readonly imports: readonly string[];
  readonly lines: number;
};

function sources(): Source[] {
  return readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((name) => {
      const file = join('lib', name);
      const text = readFileSync(join(root, file), 'utf8');
      const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']*)'/g)].map(([, path = '']) =>
        normalize(join(dirname(file), path)),
      );
      return { file, folder: name.split('/')[0] ?? '', imports, lines: text.split('\n').length - 1 };
    });
}

const all = sources();
const floorOf = (folder: string) => FLOORS.findIndex((floor) => floor.some((name) => name === folder));
const folderOf = (file: string) => file.split('/')[1] ?? '';

await t.test('lib/ holds folders only, each on a floor', async (t) => {
  for (const { file, folder } of all) t.ok(floorOf(folder) >= 0 && file.split('/').length === 3, file);
});

await t.test('imports go to the own folder or a lower floor', async (t) => {
  for (const { file, folder, imports } of all) {
    for (const target of imports) {
      const to = folderOf(target);
      const right = to === folder || (floorOf(to) >= 0 && floorOf(to) < floorOf(folder));
      if (!right) t.fail(`${file} imports ${target}`);
    }
  }
  t.ok(
    all.some(({ imports }) => imports.length > 0),
    'imports were found',
  );
});

await t.test('every import is of a file that is there', async (t) => {
  for (const { file, imports } of all) {
    for (const target of imports) if (!existsSync(join(root, target))) t.fail(`${file} imports ${target}`);
  }
  t.pass('looked');
});

await t.test('runners know of the spool the entry, its name and nothing that moves', async (t) => {
  const allowed = ['lib/spool/entry.ts', 'lib/spool/entry-name.ts'];
  for (const { file, folder, imports } of all) {
    if (folder !== 'runners' && folder !== 'post') continue;
    for (const target of imports) {
      if (folderOf(target) === 'spool' && !allowed.includes(target)) t.fail(`${file} imports ${target}`);
    }
  }
  t.pass('looked');
});

await t.test('the drain knows of runners the contract only', async (t) => {
  for (const { file, folder, imports } of all) {
    if (folder !== 'drain') continue;
    for (const target of imports) {
      if (folderOf(target) === 'runners' && target !== 'lib/runners/runner.ts')
        t.fail(`${file} imports ${target}`);
    }
  }
  t.pass('looked');
});

await t.test('no cycles', async (t) => {
  const graph = new Map(all.map(({ file, imports }) => [file, imports]));
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      t.fail([...path.slice(path.indexOf(file)), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const { file } of all) visit(file, []);
  t.equal(done.size, all.length);
});

await t.test(`no file over ${LIMIT} lines but those named here`, async (t) => {
  for (const { file, lines } of all) {
    if (LONG[file] === undefined) t.ok(lines <= LIMIT, `${file} has ${lines}`);
    else t.ok(lines > LIMIT, `${file} is named here and has only ${lines}`);
  }
});

await t.test('every file has a test of the same name', async (t) => {
  for (const { file } of all) {
    const test = file.replace(/^lib\//, 'test/').replace(/\.ts$/, '.test.ts');
    if (UNTESTED[file] === undefined) t.ok(existsSync(join(root, test)), test);
    else t.notOk(existsSync(join(root, test)), `${file} is named here and has a test`);
  }
  for (const file of Object.keys(UNTESTED)) t.ok(existsSync(join(root, file)), `${file} is named here`);
});

await t.test('every exported thing has a doc comment', async (t) => {
  for (const { file } of all) {
    const lines = readFileSync(join(root, file), 'utf8').split('\n');
    for (const [index, line] of lines.entries()) {
      if (!/^export (async )?(function|const|class|type \w)/.test(line)) continue;
      const before = lines[index - 1] ?? '';
      if (!before.endsWith('*/')) t.fail(`${file}:${index + 1}: ${line.slice(0, 60)}`);
    }
  }
  t.pass('looked');
});

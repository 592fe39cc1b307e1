import t from 'tap';
import { LIST_SUFFIXES, listNameMistake, parseListFileName } from '../../lib/config/list-name.ts';

/** What to do about a file name. */
function fix(fileName: string): unknown {
  const result = parseListFileName(fileName, 'example.org');
  return 'fix' in result ? result.fix : result;
}

await t.test('names', async (t) => {
  for (const name of ['announce', '2024', 'a', 'dev.core_x-1', 'owner', 'request-fans']) {
    t.equal(listNameMistake(name), null, name);
  }
  for (const name of ['', 'Announce', '-a', '.a', 'a..b', 'a.', 'a b', 'a+b', 'ä', 'a/b', '../a']) {
    t.match(listNameMistake(name)?.message, /wanted a letter or digit/, JSON.stringify(name));
  }
  t.equal(listNameMistake('a'.repeat(52)), null);
  t.match(listNameMistake('a'.repeat(53))?.message, /53 characters, wanted at most 52/);
});

await t.test('reserved endings, and why', async (t) => {
  t.equal(LIST_SUFFIXES.length, 9);
  for (const suffix of LIST_SUFFIXES) {
    t.match(listNameMistake(`dev${suffix}`)?.message, `"${suffix}" is mail for the list "dev"`, suffix);
  }
});

await t.test('the file name decides the address', async (t) => {
  t.same(parseListFileName('dev.yaml', 'example.org'), { name: 'dev', domain: 'example.org' });
  t.same(parseListFileName('dev@other.example.yaml', 'example.org'), {
    name: 'dev',
    domain: 'other.example',
  });
  t.same(parseListFileName('a.b.yaml', 'example.org'), { name: 'a.b', domain: 'example.org' });
});

await t.test('file names that are near', async (t) => {
  t.equal(fix('dev.yml'), 'rename it to dev.yaml');
  t.equal(fix('Dev.YAML'), 'rename it to dev.yaml');
  t.equal(fix('Dev.yaml'), 'rename it to dev.yaml');
  t.equal(fix('dev@Other.Example.yaml'), 'rename it to dev@other.example.yaml');
  t.equal(fix('dev@bücher.example.yaml'), 'rename it to dev@xn--bcher-kva.example.yaml');
  t.equal(fix('dev@a..b.yaml'), 'rename the file');
  t.equal(fix('dev@.yaml'), 'rename the file');
  t.match(fix('dev-request.yaml'), /does not end in -request/);
});

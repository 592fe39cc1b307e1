import path from 'node:path';
import t from 'tap';
import type { Problem } from '../../lib/config/problem.ts';
import { parseSource, readSource } from '../../lib/config/yaml-source.ts';

const short = ({ line, column, path, message }: Problem) => `${line}:${column} ${path}: ${message}`;
/** What is wrong with a text. */
const told = (text: string) => parseSource('f', text).problems.map(short);
const nothing = { message: 'm', fix: 'f' };

await t.test('data', async (t) => {
  t.same(parseSource('f', 'a: 1\nb: [x, yes]\n').data, { a: 1, b: ['x', 'yes'] }, 'yes is text in YAML 1.2');
  t.same(parseSource('f', '').data, null);
  t.same(parseSource('f', '\ufeffa: 1').data, { a: 1 }, 'a byte order mark');
  t.same(parseSource('f', 'a: &x [1]\nb: *x\n').data, { a: [1], b: [1] });
});

await t.test('positions of keys and values', async (t) => {
  const source = parseSource(
    'f',
    '# top\na: 1\nt:\n  type: smtp\n  deep: { k: v }\nl:\n  - x\n  - y\ne:\n"q k": 2\n',
  );
  const at = (keys: (string | number)[], part: 'key' | 'value') => {
    const { line, column, path } = source.problem(keys, part, nothing);
    return `${line}:${column} ${path}`;
  };
  t.equal(at(['a'], 'key'), '2:1 a');
  t.equal(at(['a'], 'value'), '2:4 a');
  t.equal(at(['t', 'type'], 'value'), '4:9 t.type');
  t.equal(at(['t', 'deep', 'k'], 'value'), '5:14 t.deep.k');
  t.equal(at(['l', 1], 'value'), '8:5 l[1]');
  t.equal(at(['e'], 'value'), '9:1 e', 'a value that is not there: its key');
  t.equal(at(['q k'], 'key'), '10:1 q k');
  t.equal(at(['t', 'host'], 'value'), '3:1 t.host', 'a key that is not there: the mapping that lacks it');
  t.equal(at(['domain'], 'value'), '1:1 domain');
  t.equal(at([], 'value'), '1:1 ');
});

await t.test('positions through an alias', async (t) => {
  const source = parseSource('f', 'x: &x\n  k: 1\ny: *x\n');
  t.equal(short(source.problem(['y', 'k'], 'value', nothing)), '2:6 y.k: m');
});

await t.test('errors of syntax', async (t) => {
  t.match(told('a: 1\nb: [1\nc: 2\n'), [/^3:1 : found "c: 2", not valid YAML: Flow sequence/]);
  t.match(told('a:\n\tb: 1\n'), [/^2:1 : found "b: 1", not valid YAML: Tabs/]);
  t.match(told('a: 1\n---\nb: 1\n'), [/^2:1 : found "---", not valid YAML: .*multiple documents/]);
  t.match(told('a: !x 1\n'), [/^1:4 : found "a: !x 1", not valid YAML: Unresolved tag/]);
  t.match(told('b: 1\na: *x\n'), [/^2:4 : not valid YAML: Unresolved alias/]);
  t.notOk(parseSource('f', 'a: [').sound);
});

await t.test('a key twice is told with its path, and the rest is judged', async (t) => {
  const source = parseSource('f', 't:\n  a: 1\n  a: 2\n');
  t.same(source.problems.map(short), ['3:3 t.a: found "a: 2", this key stands here twice']);
  t.ok(source.sound);
  t.equal(short(source.problem(['t', 'a'], 'value', nothing)), '3:6 t.a: m');
});

await t.test('dangerous keys', async (t) => {
  const source = parseSource('f', 'queues:\n  constructor: 1\n  __proto__: 2\n');
  t.same(source.problems.map(short), [
    '2:3 queues.constructor: found the key "constructor", which cannot be used',
    '3:3 queues.__proto__: found the key "__proto__", which cannot be used',
  ]);
});

await t.test('a bomb of aliases does not go off', async (t) => {
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [i, name] of ['b', 'c', 'd', 'e', 'f', 'g', 'h'].entries()) {
    const before = 'abcdefgh'.charAt(i);
    lines.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`);
  }
  t.match(parseSource('f', lines.join('\n')).problems.map(short), [/Excessive alias count/]);
});

await t.test('files', async (t) => {
  const dir = t.testdir({
    'good.yaml': 'a: 1\n',
    'latin.yaml': Buffer.from('a: caf\xe9\n', 'latin1'),
    sub: {},
  });
  t.same((await readSource(path.join(dir, 'good.yaml'))).data, { a: 1 });
  const read = async (name: string) => (await readSource(path.join(dir, name))).problems.map(short);
  t.same(await read('latin.yaml'), ['1:1 : found bytes that are not UTF-8']);
  t.match(await read('none.yaml'), [/^1:1 : cannot be read: ENOENT/]);
  t.match(await read('sub'), [/^1:1 : cannot be read: EISDIR/]);
  t.notOk((await readSource(path.join(dir, 'none.yaml'))).sound);
});

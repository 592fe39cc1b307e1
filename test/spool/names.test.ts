import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { eachName, namesIn, pathOf, plainName } from '../../lib/spool/names.ts';

const openFiles = () => namesIn('/proc/self/fd').length;

const root = mkdtempSync(join(tmpdir(), 'qrunner-names-'));
t.teardown(() => rmSync(root, { recursive: true, force: true }));

await t.test('every name, whatever its bytes, leads back to its file', (t) => {
  const directory = join(root, 'odd');
  mkdirSync(directory);
  const names = ['plain', 'with blank', 'line\nend', 'grün', '\xff\xfe', '\x01'];
  for (const name of names) {
    const bytes = name === 'grün' ? Buffer.from(name) : Buffer.from(name, 'latin1');
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), bytes]), bytes);
  }
  const found = namesIn(directory);
  t.equal(found.length, names.length);
  for (const name of found) {
    const path = pathOf(directory, name);
    t.equal(readFileSync(path).toString('latin1'), name);
    t.equal(typeof path, /[\u0080-\u00ff]/.test(name) ? 'object' : 'string');
  }
  t.end();
});

await t.test('many names, one at a time; leaving early closes the directory', (t) => {
  const directory = join(root, 'many');
  mkdirSync(directory);
  for (let n = 0; n < 1000; n++) writeFileSync(join(directory, String(n)), '');
  t.equal(new Set(namesIn(directory)).size, 1000);
  const before = openFiles();
  for (let n = 0; n < 50; n++) for (const _ of eachName(directory)) break;
  t.equal(openFiles(), before);
  t.end();
});

await t.test('a directory that is not there is empty, what is none is trouble that names it', (t) => {
  t.same(namesIn(join(root, 'gone')), []);
  const file = join(root, 'file');
  writeFileSync(file, '');
  t.throws(() => namesIn(file), { code: 'ENOTDIR', message: `ENOTDIR: not a directory, opendir '${file}'` });
  t.end();
});

await t.test('a name for people', (t) => {
  t.equal(plainName('README.txt'), 'README.txt');
  t.equal(plainName('a b\n\xff'), 'a%20b%0A%FF');
  t.equal(plainName('x'.repeat(255)).length, 200);
  t.end();
});

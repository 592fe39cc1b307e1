import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { EMPTY_META } from '../../lib/spool/entry.ts';
import { readEntryFile } from '../../lib/spool/entry-file.ts';
import { writeEntryFile } from '../../lib/spool/message-writer.ts';

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(100_000, 'first half');
  throw new Error('connection lost');
}

await t.test('a message in pieces becomes one entry', async (t) => {
  const path = join(t.testdir(), 'entry');
  const meta = { ...EMPTY_META, list: 'a@b' };
  t.equal(await writeEntryFile(path, meta, pieces('Subject: x\n', '', '\nbody')), 16);
  t.equal(
    readFileSync(path, 'utf8'),
    'qrunner-entry 1 00000015 000000000016\n{"list":"a@b"}\nSubject: x\n\nbody',
  );
  t.match(readEntryFile(path), { meta, messageLength: 16 });
});

await t.test('the mode is right whatever the umask', async (t) => {
  const umask = process.umask(0o077);
  t.teardown(() => process.umask(umask));
  const path = join(t.testdir(), 'entry');
  await writeEntryFile(path, EMPTY_META, []);
  t.equal(statSync(path).mode & 0o7777, 0o660);
});

await t.test('before the message has ended the file is no entry', async (t) => {
  const path = join(t.testdir(), 'entry');
  let seen: unknown = null;
  async function* watched(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(100_000, 'first half');
    seen = readEntryFile(path);
    yield Buffer.from('second half');
  }
  await writeEntryFile(path, EMPTY_META, watched());
  t.equal(seen, 'its first line is not that of an entry');
});

await t.test('a message that breaks off leaves nothing', async (t) => {
  const path = join(t.testdir(), 'entry');
  await t.rejects(writeEntryFile(path, EMPTY_META, broken()), { message: 'connection lost' });
  t.notOk(existsSync(path));
});

await t.test('a file that is there already is not touched', async (t) => {
  const path = join(t.testdir(), 'entry');
  writeFileSync(path, 'mine');
  await t.rejects(writeEntryFile(path, EMPTY_META, []), { code: 'EEXIST' });
  t.equal(readFileSync(path, 'utf8'), 'mine');
});

import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import t from 'tap';
import { EMPTY_META, type EntryMeta } from '../../lib/spool/entry.ts';
import {
  type EntryFile,
  FIRST_LINE_LENGTH,
  firstLine,
  readEntryFile,
  readMessage,
  streamMessage,
} from '../../lib/spool/entry-file.ts';
import { encodeMeta, META_LIMIT } from '../../lib/spool/entry-meta.ts';

const NO_ENTRY = 'its first line is not that of an entry';

function entryBytes(message: string | Buffer, meta: EntryMeta = EMPTY_META): Buffer {
  const metaBytes = encodeMeta(meta);
  const body = Buffer.from(message);
  return Buffer.concat([firstLine(metaBytes.length, body.length), metaBytes, body]);
}

function read(path: string): EntryFile {
  const file = readEntryFile(path);
  if (typeof file === 'string') throw new Error(file);
  return file;
}

await t.test('an entry is read as it was written', async (t) => {
  const path = join(t.testdir(), 'entry');
  const message = Buffer.from('Subject: x\0\r\n\n\xff\0body', 'latin1');
  writeFileSync(path, entryBytes(message, { ...EMPTY_META, list: 'a@b' }));
  const file = read(path);
  t.match(file, { meta: { list: 'a@b' }, messageLength: message.length });
  t.strictSame(await buffer(streamMessage(file)), message);
  t.strictSame(await buffer(streamMessage(file, 9)), message.subarray(9));
  t.strictSame(await readMessage(file, 0, 7), message.subarray(0, 7));
  t.strictSame(await readMessage(file, message.length - 2, 100), message.subarray(-2), 'up to its end');
  t.equal((await readMessage(file, message.length + 5, 100)).length, 0);

  writeFileSync(path, entryBytes(''));
  t.equal((await buffer(streamMessage(read(path)))).length, 0, 'a message may be empty');
  t.equal((await readMessage(read(path), 0, 10)).length, 0);
});

await t.test('metadata of a million bytes is read whole', async (t) => {
  const path = join(t.testdir(), 'entry');
  const recipients = Array.from({ length: 40_000 }, (_, n) => `subscriber-${n}@example.org`);
  writeFileSync(path, entryBytes('body', { ...EMPTY_META, recipients }));
  const file = read(path);
  t.equal(file.meta.recipients.length, 40_000);
  t.equal(file.meta.recipients.at(-1), 'subscriber-39999@example.org');
  t.equal((await readMessage(file, 0, 10)).toString(), 'body');
});

await t.test('a file that is not complete by its own account is no entry', async (t) => {
  const path = join(t.testdir(), 'entry');
  const whole = entryBytes('Subject: x\n\nbody\n', { ...EMPTY_META, list: 'a@b' });
  const why = (bytes: Buffer | string) => {
    writeFileSync(path, bytes);
    return readEntryFile(path);
  };
  t.equal(why(''), 'it is empty');
  t.equal(why(whole.subarray(0, -1)), `it has ${whole.length - 1} bytes and says ${whole.length}`);
  t.equal(why(`${whole.toString()}x`), `it has ${whole.length + 1} bytes and says ${whole.length}`);
  for (let length = 1; length < whole.length; length++) {
    if (typeof why(whole.subarray(0, length)) !== 'string') t.fail(`cut at ${length}`);
  }
  t.equal(why(Buffer.alloc(whole.length)), NO_ENTRY, 'only NUL bytes, as after a power cut');
  t.equal(
    why(Buffer.concat([Buffer.alloc(FIRST_LINE_LENGTH, ' '), whole.subarray(FIRST_LINE_LENGTH)])),
    NO_ENTRY,
  );
  t.equal(why(whole.toString().replace('entry 1', 'entry 2')), NO_ENTRY, 'another version');
  t.equal(why('From: somebody@example.org\n\nA message a person put here.\n'), NO_ENTRY);
  t.equal(why(whole.toString().replace('"list"', '"lisp"')), 'its metadata has the unknown field "lisp"');
  const gap = Buffer.from(whole);
  gap.fill(0, FIRST_LINE_LENGTH, FIRST_LINE_LENGTH + 4);
  t.equal(why(gap), 'its metadata is not JSON', 'a hole in the metadata');
  t.equal(
    why(`qrunner-entry 1 ${META_LIMIT + 1} 000000000000\n`),
    `its metadata is over ${META_LIMIT} bytes`,
  );
});

await t.test('lengths that fit no first line are refused', async (t) => {
  t.equal(firstLine(137, 4211).toString(), 'qrunner-entry 1 00000137 000000004211\n');
  t.equal(firstLine(0, 0).length, FIRST_LINE_LENGTH);
  t.throws(() => firstLine(META_LIMIT + 1, 0), RangeError);
  t.throws(() => firstLine(0, 1e12), RangeError);
});

await t.test('what is no regular file is no entry, and stops nobody', async (t) => {
  const directory = t.testdir({ real: '' });
  const path = (name: string) => join(directory, name);
  mkdirSync(path('directory'));
  t.equal(readEntryFile(path('directory')), 'it is a directory');
  writeFileSync(path('real'), entryBytes('x'));
  symlinkSync(path('real'), path('link'));
  t.equal(readEntryFile(path('link')), 'it is a symbolic link', 'even to a good entry');
  execFileSync('mkfifo', [path('fifo')]);
  t.equal(readEntryFile(path('fifo')), 'it is not a regular file');
  // The name of a socket may be 100 bytes long: the test's own directory is too deep.
  const short = mkdtempSync(join(tmpdir(), 'qrunner-'));
  t.teardown(() => rmSync(short, { recursive: true }));
  const server = createServer().listen(join(short, 'socket'));
  t.teardown(() => server.close());
  await once(server, 'listening');
  t.equal(readEntryFile(join(short, 'socket')), 'it is a socket');
  unlinkSync(path('real'));
  t.throws(() => readEntryFile(path('real')), { code: 'ENOENT' }, 'gone is no verdict about it');
});

await t.test('a file of another user says what to do', async (t) => {
  const directory = t.testdir({ entry: entryBytes('x') });
  const path = join(directory, 'entry');
  chmodSync(path, 0);
  const expected = 'no permission to read it: give it to the user that runs qrunner (chown)';
  if (process.getuid?.() !== 0) return t.equal(readEntryFile(path), expected);
  // Root may read everything; somebody else has to try.
  const reader = new URL('../../lib/spool/entry-file.js', import.meta.url).href;
  const code = `const { readEntryFile } = await import('${reader}'); process.setuid(65534);
    process.stdout.write(readEntryFile(${JSON.stringify('/proc/1/mem')}));`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  return t.equal(child.stdout, expected, child.stderr);
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import t from 'tap';
import { deliverToMaildir } from '../../lib/deliver/maildir.ts';

const bytes = (text: string): Readable => Readable.from([Buffer.from(text)]);
const untouchable = (): AsyncIterable<Buffer> => ({
  [Symbol.asyncIterator]: () => {
    throw new Error('the message was read');
  },
});

await t.test('a message, in a Maildir made for it', async (t) => {
  const maildir = join(t.testdir(), 'archive', 'list@x.example');
  t.equal(await deliverToMaildir(maildir, '1.a', bytes('Subject: x\r\n\r\n\0\n')), 'delivered');
  t.equal(readFileSync(join(maildir, 'new', '1.a'), 'latin1'), 'Subject: x\r\n\r\n\0\n');
  for (const folder of ['', '..', 'tmp', 'new', 'cur']) {
    t.equal(statSync(join(maildir, folder)).mode & 0o777, 0o700, `${folder || '.'} is private`);
  }
  t.equal(statSync(join(maildir, 'new', '1.a')).mode & 0o777, 0o600);
  t.same(readdirSync(join(maildir, 'tmp')), []);
});

await t.test('a relative path', async (t) => {
  const before = process.cwd();
  process.chdir(t.testdir());
  t.teardown(() => process.chdir(before));
  t.equal(await deliverToMaildir('a/b', '1.a', bytes('x')), 'delivered');
  t.equal(readFileSync('a/b/new/1.a', 'utf8'), 'x');
});

await t.test('a repeat adds nothing, wherever a mail program has put it', async (t) => {
  const maildir = t.testdir();
  await deliverToMaildir(maildir, '1.a', bytes('first'));
  t.equal(await deliverToMaildir(maildir, '1.a', untouchable()), 'present');
  for (const name of ['1.a', '1.a:2,', '1.a:2,FS']) {
    const [now = ''] = readdirSync(join(maildir, 'new')).map((found) => `new/${found}`);
    const from = now || `cur/${readdirSync(join(maildir, 'cur'))[0]}`;
    renameSync(join(maildir, from), join(maildir, 'cur', name));
    t.equal(await deliverToMaildir(maildir, '1.a', untouchable()), 'present', name);
  }
  t.same(readdirSync(join(maildir, 'new')), []);
  t.equal(await deliverToMaildir(maildir, '1', bytes('other')), 'delivered', 'a prefix is another name');
});

await t.test('what a killed run left behind does not matter', async (t) => {
  const maildir = t.testdir();
  mkdirSync(join(maildir, 'tmp'));
  writeFileSync(join(maildir, 'tmp', '1.a'), 'a longer half of a message');
  t.equal(await deliverToMaildir(maildir, '1.a', bytes('whole')), 'delivered');
  t.equal(readFileSync(join(maildir, 'new', '1.a'), 'utf8'), 'whole');
});

const breaking = async function* (): AsyncGenerator<Buffer> {
  yield Buffer.from('half');
  throw new Error('EIO');
};

await t.test('a message that breaks off leaves nothing', async (t) => {
  const maildir = t.testdir();
  await t.rejects(deliverToMaildir(maildir, '1.a', breaking()), { message: 'EIO' });
  for (const folder of ['tmp', 'new', 'cur']) t.same(readdirSync(join(maildir, folder)), [], folder);
});

await t.test('names that are not for a Maildir', async (t) => {
  for (const name of ['', '.', '..', '.a', 'a/b', '../a', 'a:2,S', 'a\0', 'x'.repeat(201)]) {
    await t.rejects(deliverToMaildir(t.testdir(), name, untouchable()), /not a Maildir file name/, name);
  }
});

await t.test('30 MB are not held in memory', async (t) => {
  const block = Buffer.alloc(64 * 1024, 'x');
  let peak = 0;
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for (let n = 0; n < 480; n++) {
      const { heapUsed, external } = process.memoryUsage();
      peak = Math.max(peak, heapUsed + external);
      yield block;
    }
  };
  const { heapUsed, external } = process.memoryUsage();
  const maildir = t.testdir();
  await deliverToMaildir(maildir, 'big', chunks());
  t.equal(statSync(join(maildir, 'new', 'big')).size, 480 * block.length);
  t.ok(peak - heapUsed - external < 10 * 1024 * 1024, `${peak - heapUsed - external} bytes more`);
});

await t.test("trouble is the caller's to judge", async (t) => {
  const directory = t.testdir({ file: 'not a directory' });
  await t.rejects(deliverToMaildir(join(directory, 'file'), '1.a', bytes('x')), { code: 'ENOTDIR' });
});

await t.test('a full disk', async (t) => {
  const directory = t.testdir();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    t.plan(0, 'mounting a small file system needs root');
    return;
  }
  try {
    const large = Readable.from([Buffer.alloc(200 * 1024)]);
    await t.rejects(deliverToMaildir(join(directory, 'm'), '1.a', large), { code: 'ENOSPC' });
    t.same(readdirSync(join(directory, 'm', 'tmp')), [], 'the half is gone');
    t.equal(await deliverToMaildir(join(directory, 'm'), '2.a', bytes('small')), 'delivered');
  } finally {
    execFileSync('umount', [directory]);
  }
});

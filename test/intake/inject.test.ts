import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { systemClock } from '../../lib/base/clock.ts';
import { QUEUES } from '../../lib/config/queue-names.ts';
import { type Injection, inject } from '../../lib/intake/inject.ts';
import { openSpool } from '../../lib/spool/spool.ts';
import { spoolView } from '../support/site-rig.ts';

const POST: Injection = {
  queue: 'in',
  list: 'friends@example.org',
  role: 'posting',
  extension: null,
  sender: null,
  sizeLimit: 50 * 1024 * 1024,
};
const MESSAGE = 'From: ann@example.org\n\nTea?\n';

/** A spool, and injecting into it. */
function intake(t: Test) {
  const root = t.testdir();
  const spool = openSpool(
    root,
    QUEUES.map(({ name }) => name),
    systemClock,
  );
  const put = (
    chunks: Iterable<string | Buffer> | AsyncIterable<Uint8Array>,
    changes: Partial<Injection> = {},
  ) =>
    inject(
      spool,
      { ...POST, ...changes },
      Symbol.asyncIterator in chunks ? chunks : Readable.from([...chunks].map((chunk) => Buffer.from(chunk))),
    );
  return { put, ...spoolView(root) };
}

await t.test('the entry: whole, where it belongs', async (t) => {
  const { put, lies, entries } = intake(t);
  const bytes = Buffer.from([...Buffer.from('Subject: x\r\n\r\n'), 0, 255, 254, 10]);
  const added = await put([bytes.subarray(0, 5), bytes.subarray(5)], {
    queue: 'bounces',
    extension: 'a=b',
    sender: '',
  });
  t.equal(added.size, bytes.length);
  t.same(lies(), { 'bounces/new': 1 });
  const [entry] = await entries('bounces');
  t.equal(entry?.message, bytes.toString('latin1'));
  t.match(entry?.meta, {
    list: 'friends@example.org',
    role: 'posting',
    extension: 'a=b',
    sender: '',
    recipients: [],
  });
  t.match(entry?.file, added.id);
});

await t.test('the reverse-path: said, else from Return-Path, else from the mbox line', async (t) => {
  const { put, entries } = intake(t);
  const mbox = `From ben@example.org Mon Nov 23 10:00:00 2026\n${MESSAGE}`;
  const cases: [string, string | null, string | null][] = [
    [MESSAGE, null, null],
    [MESSAGE, 'x@example.org', 'x@example.org'],
    [`Return-Path: <ann@example.org>\n${MESSAGE}`, null, 'ann@example.org'],
    [`Return-Path: <ann@example.org>\n${MESSAGE}`, '', ''],
    [`Return-Path: <>\n${MESSAGE}`, null, ''],
    [mbox, null, 'ben@example.org'],
    [`Return-Path: <ann@example.org>\n${MESSAGE}`, 'x@example.org', 'x@example.org'],
    [MESSAGE, 'x@example.org\r\nBcc: y@example.org', null],
    [MESSAGE, 'no address', null],
    [mbox.replace('ben@example.org', 'MAILER-DAEMON'), null, ''],
  ];
  for (const [message, sender] of cases) await put([message], { sender });
  t.same(
    (await entries('in')).map(({ meta }) => meta.sender),
    cases.map(([, , found]) => found),
  );
  t.match((await entries('in'))[5]?.message, /^From ben@/, 'the message keeps all of it');
});

await t.test('what is no message', async (t) => {
  const { put, lies } = intake(t);
  for (const [name, chunks] of Object.entries({
    nothing: [],
    'an empty chunk': [''],
    'blank lines': ['\n\r\n \t\n'],
    NULs: ['\0\0\0\0', '\0'],
    'control characters': [Buffer.from([1, 2, 3, 27, 127])],
  })) {
    await t.rejects(put(chunks), { status: 65, message: /^this is not a message: / }, name);
  }
  t.same(lies(), {}, 'and nothing of it stays');
});

await t.test('junk with anything printable is a message: bytes may not be lost', async (t) => {
  const { put, entries } = intake(t);
  const junk = Buffer.from(Array.from({ length: 1000 }, (_, index) => (index * 97) % 256));
  await put([junk]);
  t.equal((await entries('in'))[0]?.message, junk.toString('latin1'));
});

await t.test('a message over the limit leaves nothing', async (t) => {
  const { put, lies } = intake(t);
  const limit = { sizeLimit: 200_000 };
  t.equal((await put(['x'.repeat(200_000)], limit)).size, 200_000, 'exactly the limit');
  const words = { status: 65, message: "the message is larger than 195KB, the site's limit" };
  await t.rejects(put(['x'.repeat(200_001)], limit), words);
  await t.rejects(
    put(
      Array.from({ length: 100 }, () => 'x'.repeat(10_000)),
      limit,
    ),
    words,
  );
  t.same(lies(), { 'in/new': 1 }, 'nothing in tmp/');
});

await t.test('30 MB go through a little memory', async (t) => {
  const { put, lies } = intake(t);
  const chunk = Buffer.alloc(64 * 1024, 'x');
  async function* large() {
    yield Buffer.from('Subject: large\n\n');
    for (let index = 0; index < 480; index++) yield chunk;
  }
  const before = process.memoryUsage().rss;
  const { size } = await put(large());
  t.equal(size, 16 + 480 * 64 * 1024);
  t.same(lies(), { 'in/new': 1 });
  const grown = (process.memoryUsage().rss - before) / 1024 / 1024;
  t.ok(grown < 25, `${Math.round(grown)} MB more`);
});

async function* broken(bytes: number) {
  yield Buffer.alloc(bytes, 'x');
  await Promise.resolve();
  throw Object.assign(new Error('EIO: i/o error, read'), { syscall: 'read' });
}

await t.test('an input that fails leaves nothing, and may be tried again', async (t) => {
  const { put, lies } = intake(t);
  const words = { status: 75, message: 'cannot read the message: EIO: i/o error, read' };
  await t.rejects(put(broken(10)), words, 'at its beginning');
  await t.rejects(put(broken(300_000)), words, 'in its middle');
  t.same(lies(), {});
});

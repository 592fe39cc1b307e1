import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import t from 'tap';
import { start } from '../support/program.ts';
import { siteRig } from '../support/site-rig.ts';

const EVIL =
  'From: "\x1b]0;evil\x07" <stranger@example.com>\nSubject: \x1b[31mred\x9b\n\nJ\xfcrgen \x1b[2J\ttab\n';

await t.test('nothing there', async (t) => {
  const site = await siteRig(t);
  t.same(await site.call(['queue']), { status: 0, out: 'All queues are empty.\n', err: '' });
  t.same(await site.call(['queue', 'ls']), { status: 0, out: 'Nothing there.\n', err: '' });
  t.equal((await site.call(['--json', 'queue'])).out, '[]\n');
  t.equal((await site.call(['--json', 'queue', 'ls'])).out, '');
});

await t.test('the summary', async (t) => {
  const site = await siteRig(t, {
    site: 'queues: { q: { exec: [/bin/sh, -c, exit 75] } }\n',
    list: 'copy_to: [q]\n',
  });
  await site.inject('From: olga@example.org\n\nx\n');
  await site.inject('From: stranger@example.com\n\nx\n');
  await site.run();
  await site.inject('From: stranger@example.com\n\nx\n');
  const { out } = await site.call(['queue']);
  t.match(out, /^queue +state +count +oldest +newest +next due\n/);
  t.match(
    out,
    /\nin +new +1 +\d+s +\d+s\nin +held +1 +\d+s +\d+s\nq +deferred +1 +\d+s +\d+s +in 4m \d+s\n$/,
  );
  t.match(JSON.parse((await site.call(['--json', 'queue'])).out), [
    { queue: 'in', state: 'new', count: 1, oldestAt: Number, newestAt: Number, nextDueAt: null },
    { queue: 'in', state: 'held', count: 1 },
    { queue: 'q', state: 'deferred', count: 1, nextDueAt: Number },
  ]);
});

await t.test('the entries', async (t) => {
  const site = await siteRig(t);
  await site.inject('From: stranger@example.com\n\nx\n', '-f', 'stranger@example.com');
  await site.run('in');
  await site.inject('From: x@example.com\n\nx\n', '-f', '');
  const { out } = await site.call(['queue', 'ls']);
  const lines = out.trimEnd().split('\n');
  t.equal(lines.length, 4);
  t.match(lines[1], /^\d{16}-[0-9a-f]{20} +in\/new +\d+s +\d+B +friends@example\.org +<>$/);
  t.match(lines[2], /in\/held +.* stranger@example\.com +stranger@example\.com is not a member, and/);
  t.match((await site.call(['queue', 'ls', 'virgin'])).out.split('\n')[1] ?? '', /virgin\/new .* <>$/);
  t.equal((await site.call(['queue', 'ls', 'in', 'held'])).out.split('\n').length, 3);
  const json = (await site.call(['--json', 'queue', 'ls', 'in', 'held'])).out;
  t.match(JSON.parse(json), {
    id: /^\d{16}-/,
    queue: 'in',
    state: 'held',
    failures: 0,
    claims: 0,
    released: false,
    reason: /is not a member/,
    size: Number,
    dueAt: null,
    meta: { list: 'friends@example.org', sender: 'stranger@example.com' },
  });
});

await t.test('one entry', async (t) => {
  const site = await siteRig(t);
  await site.inject('From: stranger@example.com\n\nthe body\n', '-f', 'stranger@example.com', '-x', 'ext');
  await site.run('in');
  const id = basename((await site.entry('in', 'held')).file);
  const { status, out } = await site.call(['queue', 'show', id]);
  t.equal(status, 0);
  for (const row of [
    `id          ${id}`,
    'where       in/held',
    'list        friends@example.org',
    'role        posting +ext',
    'sender      stranger@example.com',
    'size        37 bytes',
  ]) {
    t.match(out, `${row}\n`);
  }
  t.match(out, /\nreason {6}\d{4}-.*Z stranger@example\.com is not a member/);
  t.match(out, /\n\nFrom: stranger@example\.com\n\nthe body\n$/);
  t.match(JSON.parse((await site.call(['--json', 'queue', 'show', id])).out), { id, state: 'held' });
  const notice = basename((await site.entry('virgin')).file);
  const made = (await site.call(['queue', 'show', notice])).out;
  t.match(made, `made by     in ${id}\n`);
  t.match(made, 'sender      <>\nrecipients  olga@example.org\n');
});

await t.test('what was tried, and when it is due', async (t) => {
  const site = await siteRig(t, {
    members: ['ann@example.org'],
    site: 'transport: { type: smtp, host: 127.0.0.1, port: 1, tls: never }\n',
  });
  await site.inject('From: ann@example.org\n\nx\n');
  await site.run();
  const id = /\d{16}-[0-9a-f]{20}$/.exec((await site.entry('retry', 'deferred')).file)?.[0] ?? '';
  const { out } = await site.call(['queue', 'show', id]);
  t.match(out, /\ndue {9}\d{4}-.*Z\n/);
  t.match(
    out,
    /\nattempts {4}ann@example\.org: out of reach since \d{4}-.*Z, due \d{4}-.*Z: cannot connect .*ECONNREFUSED/,
  );
  t.notMatch(out, 'last said', 'nothing was said');
});

await t.test('the message, byte for byte', async (t) => {
  const site = await siteRig(t);
  const bytes = Buffer.from('Subject: x\r\n\r\nJ\u00fcrgen\r\n\n.\n');
  await site.inject(bytes);
  const id = basename((await site.entry('in')).file);
  t.equal((await site.call(['queue', 'show', id, '--message'])).out, bytes.toString());
});

await t.test('a reader that has seen enough (| head) is no trouble', async (t) => {
  const site = await siteRig(t);
  await site.inject(`Subject: x\n\n${`${'x'.repeat(79)}\n`.repeat(65_536)}`);
  const id = basename((await site.entry('in')).file);
  for (const args of [['--message'], []]) {
    const { child, ended } = start(site.dir, ['queue', 'show', id, ...args]);
    child.stdin.end();
    child.stdout.once('data', () => child.stdout.destroy());
    const { status, signal, err } = await ended;
    t.same({ status, signal, err }, { status: 0, signal: null, err: '' }, args.join(' '));
  }
});

await t.test('a hostile mail cannot reach the terminal', async (t) => {
  const site = await siteRig(t);
  await site.inject(Buffer.from(EVIL, 'latin1'), '-f', 'e\x1bvil@example.com', '-x', '\x07');
  await site.run('in');
  const id = basename((await site.entry('in', 'held')).file);
  for (const args of [
    ['queue', 'show', id],
    ['queue', 'show', id, '--message'],
    ['queue', 'ls'],
  ]) {
    const { out } = await site.call(args, '', true);
    // Only what we write ourselves: bold heads.
    t.notMatch(out.replaceAll('\x1b[1m', '').replaceAll('\x1b[22m', ''), /[^\P{Cc}\t\n]/u, args.join(' '));
  }
  t.match((await site.call(['queue', 'show', id], '', true)).out, 'Subject: \\x1b[31mred');
  t.match((await site.call(['queue', 'show', id], '', true)).out, '\\x1b[2J\ttab');
  const plain = await site.call(['queue', 'show', id]);
  t.match(plain.out, 'role        posting +\\x07', 'our own lines never hold them');
  t.match(plain.out, 'sender      (unknown)', 'a reverse-path that is none is not kept');
});

await t.test('an entry that goes while it is looked at', async (t) => {
  const site = await siteRig(t);
  await site.inject('Subject: x\n\n');
  const { file } = await site.entry('in');
  rmSync(file);
  t.match(await site.call(['queue', 'show', basename(file)]), { status: 67, err: /no entry/ });
});

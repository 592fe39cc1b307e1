/** File systems and limits that are not as they should be: a clear error, 75, nothing lost. */
import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { EMPTY_META } from '../../lib/spool/entry.ts';
import { firstLine } from '../../lib/spool/entry-file.ts';
import { encodeMeta, META_LIMIT } from '../../lib/spool/entry-meta.ts';
import { idOf, makeSite } from '../support/bad-site.ts';
import { entryBytes } from '../support/bad-things.ts';
import { filesInSpool, makeLab, makeList, placesOf, releaseAll, runProgram } from '../support/lab.ts';
import { readMaildir } from '../support/lab-mail.ts';
import { skipReason } from '../support/lab-needs.ts';
import { smallDisk } from '../support/small-disk.ts';

const ADA = 'ada@members.example';
const POST = `From: ${ADA}\nSubject: post\n\nbody\n`;
const TEMPFAIL = 75;

/** Why this cannot be tried here. */
function noMount(): string | false {
  const reason = skipReason({
    programs: ['mount', 'umount', 'unshare', 'prlimit', 'timeout'],
    users: ['nobody'],
  });
  if (reason !== false) return reason;
  const disk = smallDisk(64);
  if (typeof disk === 'string') return disk;
  disk[Symbol.dispose]();
  return false;
}

const skip = noMount();

/** Runs words of the shell in mounts of their own, and the program after them. */
const inMounts = (mounts: string, command: readonly string[]) =>
  [
    'unshare',
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-ec',
    `${mounts}; exec "$@"`,
    'sh',
    ...command,
  ] as const;

t.setTimeout(120_000);

await t.test('tmp/ of a queue on another file system than new/', { skip }, async (t) => {
  using lab = makeLab();
  await makeList(lab, 'friends', [ADA]);
  const accept = ['inject', 'friends', '--sender', ADA];
  const program = ['timeout', '-s', 'KILL', '40s', ...lab.command()];
  const mounted = (queue: string, args: readonly string[]) =>
    runProgram(inMounts(`mount -t tmpfs tmpfs ${lab.spool}/${queue}/tmp`, [...program, ...args]), lab.env, {
      input: POST,
    });
  await lab.must(accept, { input: POST });
  const inject = await mounted('in', accept);
  t.equal(inject.status, TEMPFAIL, 'a message is not taken');
  t.match(inject.stderr, /^qrunner: .*in\/tmp and .*in\/new are not on one file system .*mount/);
  for (let number = 0; number < 2; number++) {
    const run = await mounted('out', ['--all', '--once']);
    t.equal(run.status, TEMPFAIL, run.stderr);
    t.match(run.stderr, /out\/tmp and .*out\/new are not on one file system .*mount/, 'it says what to do');
    t.strictSame(await placesOf(lab), ['in/new'], 'and loses nothing');
  }
  const { status, stderr } = await lab.run(['--all', '--once']);
  t.equal(status, 0, stderr);
  t.equal(readMaildir(join(lab.state, 'maildir', ADA)).length, 1);
  t.strictSame(filesInSpool(lab.spool), []);
});

await t.test('a spool on another file system than everything else', { skip }, async (t) => {
  const disk = smallDisk(4096);
  if (typeof disk === 'string') throw new Error(disk);
  using mounted = disk;
  using lab = makeLab({ spool: join(mounted.root, 'spool') });
  await makeList(lab, 'friends', [ADA]);
  await lab.must(['inject', 'friends', '--sender', ADA], { input: POST });
  await lab.must(['--all', '--once']);
  t.equal(readMaildir(join(lab.state, 'maildir', ADA)).length, 1);
});

await t.test('a spool that is read-only', { skip }, async (t) => {
  using lab = makeLab();
  await makeList(lab, 'friends', [ADA]);
  await lab.must(['inject', 'friends', '--sender', ADA], { input: POST });
  const before = filesInSpool(lab.spool);
  const mounts = `mount --bind ${lab.spool} ${lab.spool}; mount -o remount,bind,ro ${lab.spool}`;
  for (const args of [
    ['inject', 'friends', '--sender', ADA],
    ['--all', '--once'],
  ]) {
    const ran = await runProgram(
      inMounts(mounts, ['timeout', '-s', 'KILL', '40s', ...lab.command(), ...args]),
      lab.env,
      { input: POST },
    );
    t.equal(ran.status, TEMPFAIL, args.join(' '));
    t.match(ran.stderr, /EROFS|read-only/);
    t.match(ran.stderr, lab.spool, 'it says where');
    t.strictSame(filesInSpool(lab.spool), before);
  }
  const seen = await runProgram(inMounts(mounts, [...lab.command(), 'queue', 'ls']), lab.env);
  t.equal(seen.status, 0, 'one can still look');
  await lab.must(['--all', '--once']);
  t.equal(readMaildir(join(lab.state, 'maildir', ADA)).length, 1);
});

await t.test('few file descriptors', { skip }, async (t) => {
  using lab = makeLab();
  await makeList(lab, 'friends', [ADA]);
  for (let number = 0; number < 20; number++)
    await lab.must(['inject', 'friends', '--sender', ADA], { input: POST });
  let failed = 0;
  for (const limit of [19, 20, 21, 22, 23, 24, 26, 28, 32, 40]) {
    const command = [
      'timeout',
      '-s',
      'KILL',
      '40s',
      'prlimit',
      `--nofile=${limit}`,
      '--',
      ...lab.command(),
      '--all',
      '--once',
    ];
    const { status, stderr } = await runProgram(command, lab.env);
    t.comment(`${limit}: ${status} ${stderr.slice(0, 200)}`);
    t.ok(status !== 137, `with ${limit} it ends`);
    if (status !== 0) {
      failed++;
      t.match(stderr, /EMFILE|too many open files/i, `with ${limit} it says so`);
    }
    t.notMatch((await placesOf(lab)).join(' '), /bad|shunt/, 'nothing is taken for bad');
  }
  t.ok(failed > 0, 'some were too few');
  const late = await placesOf(lab);
  for (const seen of late) t.match(seen, /new|deferred/);
  // What failed in a runner waits for its next time.
  await releaseAll(lab);
  await lab.must(['--all', '--once']);
  t.equal(readMaildir(join(lab.state, 'maildir', ADA)).length, 20, 'all are delivered, once');
});

await t.test('an entry with 60 MB of metadata, and one over the limit', { skip }, async (t) => {
  using site = await makeSite(4);
  const put = (number: number, bytes: Buffer) => {
    const path = join(site.queue, 'new', idOf(number));
    writeFileSync(path, bytes);
    chownSync(path, site.user.uid, site.user.gid);
  };
  const name = 'x'.repeat(48);
  const recipients = Array.from({ length: 950_000 }, (_, index) => `${name}${index}@example`);
  const meta = encodeMeta({ ...EMPTY_META, recipients });
  t.ok(meta.length > 55_000_000 && meta.length < META_LIMIT, `${meta.length} bytes`);
  put(500, Buffer.concat([firstLine(meta.length, 1), meta, Buffer.from('x')]));
  put(501, entryBytes('Subject: after it\n\n'));
  const ran = await site.run();
  t.equal(ran.status, 0, ran.stderr);
  t.strictSame(site.finished(), [...site.good, idOf(500), idOf(501)].sort());
});

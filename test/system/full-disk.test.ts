import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import t from 'tap';
import { filesInSpool, type Lab, makeLab, makeList, placesOf, releaseAll, until } from '../support/lab.ts';
import { fieldOf, readMaildir } from '../support/lab-mail.ts';
import { skipReason } from '../support/lab-needs.ts';
import { freePort } from '../support/lab-server.ts';
import { smallDisk } from '../support/small-disk.ts';

const TEMPFAIL = 75;
const ADA = 'ada@members.example';
const BEN = 'ben@members.example';
const CLEO = 'cleo@members.example';

/** Why small disks cannot be had here. */
function noDisk(): string | false {
  const reason = skipReason({ programs: ['mount', 'umount'] });
  if (reason !== false) return reason;
  const disk = smallDisk(64);
  if (typeof disk === 'string') return disk;
  disk[Symbol.dispose]();
  return false;
}

const skip = noDisk();

/** A disk of 512 KB; there is one, or the tests here were skipped. */
function makeDisk() {
  const disk = smallDisk(512);
  if (typeof disk === 'string') throw new Error(disk);
  return disk;
}

/** Takes room away; `null` gives it back. */
function fill(root: string, kilobytes: number | null): void {
  const file = join(root, 'filler');
  rmSync(file, { force: true });
  if (kilobytes !== null) writeFileSync(file, Buffer.alloc(kilobytes * 1024));
}

/** Takes the last byte of room away. */
function fillUp(root: string): void {
  for (let number = 0; ; number++) {
    try {
      writeFileSync(join(root, `crumb-${number}`), Buffer.alloc(4096), { flag: 'wx' });
    } catch {
      return;
    }
  }
}

/** Gives back what {@link fillUp} took. */
function sweepUp(root: string): void {
  for (let number = 0; number < 200; number++) rmSync(join(root, `crumb-${number}`), { force: true });
}

const message = (subject: string, bytes: number) =>
  `From: ${ADA}\nSubject: ${subject}\nMessage-ID: <${subject}@members.example>\n\n${'x'
    .repeat(63)
    .concat('\n')
    .repeat(bytes / 64)}`;

const post = (lab: Lab, subject: string, bytes: number) =>
  lab.run(['inject', 'friends', '--sender', ADA], { input: message(subject, bytes) });

/** The subjects of what a member has got, sorted. */
const subjectsOf = (lab: Lab, member: string) =>
  readMaildir(join(lab.state, 'maildir', member))
    .map((mail) => fieldOf(mail, 'Subject') ?? '')
    .sort((a, b) => (a < b ? -1 : 1));

/** Files of entries, without bells and locks. */
const entryFiles = (lab: Lab) =>
  filesInSpool(lab.spool).filter((file) => /^\w+\/(tmp|new|active|done)\//.test(file));

await t.test('a spool on a full disk', { skip }, async (t) => {
  using disk = makeDisk();
  using lab = makeLab({ spool: join(disk.root, 'spool') });
  await makeList(lab, 'friends', [ADA, BEN]);
  const accepted: string[] = [];

  await t.test('a message with no room for it is not taken, and nothing of it stays', async (t) => {
    const { status, stderr } = await post(lab, 'huge', 5_000_000);
    t.equal(status, TEMPFAIL);
    t.match(stderr, /^qrunner: cannot accept the message into .*in\/new: ENOSPC/);
    t.equal(stderr.trim().split('\n').length, 1, 'one line');
    t.strictSame(entryFiles(lab), []);
  });

  await t.test('small ones are taken until the disk is full', async (t) => {
    fill(disk.root, 256);
    for (let number = 10; number < 99; number++) {
      const { status } = await post(lab, `post-${number}`, 16_384);
      if (status === 0) accepted.push(`[friends] post-${number}`);
      else {
        t.equal(status, TEMPFAIL);
        break;
      }
    }
    fillUp(disk.root);
    t.equal((await post(lab, 'small', 64)).status, TEMPFAIL);
    t.ok(accepted.length > 5 && accepted.length < 20, `${accepted.length} were taken`);
    t.equal(entryFiles(lab).length, accepted.length);
    t.strictSame(
      await placesOf(lab),
      accepted.map(() => 'in/new'),
    );
  });

  await t.test('a run says so, ends with 75 and loses nothing', async (t) => {
    for (let run = 0; run < 4; run++) {
      const { status, stderr } = await lab.run(['--all', '--once']);
      t.equal(status, TEMPFAIL);
      t.match(stderr, /ENOSPC|no space left/i);
      t.strictSame(
        await placesOf(lab),
        accepted.map(() => 'in/new'),
      );
      t.equal(entryFiles(lab).length, accepted.length);
    }
    t.strictSame(subjectsOf(lab, BEN), []);
  });

  await t.test('with room again everything is delivered once', async (t) => {
    fill(disk.root, null);
    sweepUp(disk.root);
    const { status, stderr } = await lab.run(['--all', '--once']);
    t.equal(status, 0, stderr);
    t.strictSame(subjectsOf(lab, ADA), accepted);
    t.strictSame(subjectsOf(lab, BEN), accepted);
    t.strictSame(
      filesInSpool(lab.spool).filter((file) => !file.startsWith('crumb')),
      [],
    );
  });
});

await t.test(
  'a spool too full for all copies at once: the end of the way makes room for its beginning',
  {
    skip,
  },
  async (t) => {
    using disk = makeDisk();
    using lab = makeLab({ spool: join(disk.root, 'spool') });
    await makeList(lab, 'friends', [ADA, BEN]);
    const accepted: string[] = [];
    for (let number = 10; number < 30; number++) {
      t.equal((await post(lab, `post-${number}`, 8192)).status, 0);
      accepted.push(`[friends] post-${number}`);
    }
    // 240 KB of posts want twice as much again, on their way to archive and out; 50 KB is left.
    fill(disk.root, 512 - 20 * 12 - 50);
    const { status, stderr } = await lab.run(['--all', '--once']);
    t.equal(status, 0, stderr);
    t.strictSame(subjectsOf(lab, ADA), accepted);
    t.strictSame(subjectsOf(lab, BEN), accepted);
    t.equal(readMaildir(join(lab.state, 'archive', 'friends@lists.example')).length, accepted.length);
    t.strictSame(filesInSpool(lab.spool), []);
  },
);

for (const room of [0, 20]) {
  await t.test(`a state directory on a disk with room for ${room} blocks`, { skip }, async (t) => {
    using disk = makeDisk();
    using lab = makeLab({ state: join(disk.root, 'state'), yaml: 'retry: { first: 1s, max: 1s }\n' });
    await makeList(lab, 'friends', [ADA, BEN]);
    t.equal((await post(lab, 'post', 40_960)).status, 0);
    const input = { input: `From: ${CLEO}\nSubject: join\n\n` };
    await lab.must(['inject', 'friends-join@lists.example', '--sender', CLEO], input);
    fillUp(disk.root);
    for (let number = 0; number < room; number++) rmSync(join(disk.root, `crumb-${number}`));
    const { status, stderr } = await lab.run(['--all', '--once', '-v']);
    t.equal(status, 0, stderr);
    const waiting = await placesOf(lab);
    t.comment(`waits: ${waiting.join(' ')}`);
    t.ok(waiting.length > 0 && waiting.every((place) => place.endsWith('/deferred')), 'all of it waits');
    sweepUp(disk.root);
    await releaseAll(lab);
    await lab.must(['--all', '--once']);
    // What was in out has gone through retry, whose second is not over.
    await until('all queues are empty', async () => {
      await lab.must(['--all', '--once']);
      return (await placesOf(lab)).length === 0;
    });
    t.strictSame(subjectsOf(lab, ADA), ['[friends] post']);
    t.strictSame(subjectsOf(lab, BEN), ['[friends] post']);
    t.equal(subjectsOf(lab, CLEO).length, 1, 'one confirmation was asked for');
    t.equal(readMaildir(join(lab.state, 'archive', 'friends@lists.example')).length, 1);
  });
}

await t.test('a spool too full to note who has got a post: nobody gets it twice', { skip }, async (t) => {
  const got: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, callback) =>
      callback(address === CLEO ? Object.assign(new Error('no such user'), { responseCode: 550 }) : null),
    onData: (stream, { envelope }, callback) => {
      stream.resume().on('end', () => {
        got.push(...envelope.rcptTo.map(({ address }) => address));
        callback();
      });
    },
  });
  const port = await freePort();
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  t.teardown(() => server.close(() => {}));
  using disk = makeDisk();
  using lab = makeLab({
    spool: join(disk.root, 'spool'),
    yaml: `transport: { type: smtp, host: 127.0.0.1, port: ${port} }\nlimits: { recipients: 1 }\n`,
  });
  await makeList(lab, 'friends', [ADA, BEN, CLEO]);
  t.equal((await post(lab, 'post', 4096)).status, 0);
  await lab.must(['-r', 'in', '-r', 'archive', '--once']);
  fillUp(disk.root);
  const none = await lab.run(['--all', '--once', '-v']);
  t.match(none.stderr, /entry-defer queue=out .*ENOSPC/);
  t.strictSame(got, [], 'nothing is sent that could not be noted');
  const [id = ''] = (await lab.must(['--json', 'queue', 'ls', 'out'])).match(/(?<=^\{"id":")[^"]+/) ?? [];
  const hold = await lab.run(['queue', 'hold', id]);
  t.equal(hold.status, TEMPFAIL);
  t.match(hold.stderr, /^qrunner: cannot hold .*ENOSPC[^\n]*\n$/);

  // Room for the notes, none for the report about the member who is unknown.
  rmSync(join(disk.root, 'crumb-0'));
  rmSync(join(disk.root, 'crumb-1'));
  await releaseAll(lab);
  writeFileSync(join(disk.root, 'crumb-0'), Buffer.alloc(4096));
  for (let run = 0; run < 3; run++) {
    const { status, stderr } = await lab.run(['--all', '--once']);
    t.equal(status, TEMPFAIL, stderr);
    t.strictSame([...got].sort(), [ADA, BEN], 'each is sent to once');
  }
  sweepUp(disk.root);
  const { status, stderr } = await lab.run(['--all', '--once', '-v']);
  t.equal(status, 0, stderr);
  t.match(stderr, /counted cleo@members\.example/);
  t.strictSame([...got].sort(), [ADA, BEN], 'each is sent to once');
  t.strictSame(await placesOf(lab), []);
});

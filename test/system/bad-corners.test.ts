/** Bad input where no entry waits: tmp/, bell/, journal/, held/; and what a run cannot move. */
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { idOf, isStable, makeSite, putForeign, putThings } from '../support/bad-site.ts';
import { BAD_THINGS, entryBytes, inodesBelow } from '../support/bad-things.ts';
import { skipReason } from '../support/lab-needs.ts';

const skip = skipReason({ programs: ['mkfifo', 'mknod', 'timeout'], users: ['nobody'] });
const isDirectory = (path: Buffer | string) => lstatSync(path).isDirectory();

t.setTimeout(300_000);

await t.test(
  'in tmp/: what is fresh stays, files that are old go, names that lead astray do nothing',
  { skip },
  async (t) => {
    using site = await makeSite(6);
    const tmp = join(site.queue, 'tmp');
    const fresh = [...putThings(site, tmp), ...putForeign(site, tmp)];
    for (const name of [`..@work@${idOf(5)}`, `@work@${idOf(6)}`, 'x@work@', '@@', `x@work@${idOf(7)}@y`]) {
      writeFileSync(join(tmp, name), 'x');
      fresh.push({ what: name, name, ino: lstatSync(join(tmp, name)).ino });
    }
    const old = join(tmp, 'old');
    writeFileSync(old, 'x');
    chownSync(old, site.user.uid, site.user.gid);
    utimesSync(old, 1_000_000, 1_000_000);
    const ran = await site.run();
    t.equal(ran.status, 0, ran.stderr);
    t.strictSame(site.finished(), site.good);
    const where = inodesBelow(site.queue);
    for (const { what, ino } of fresh)
      t.match(where.get(ino) ?? 'lost', /\/tmp\/[^/]*$/, `${what} is still in tmp/`);
    t.notOk(readdirSync(tmp).includes('old'), 'what is old has gone');
    await isStable(t, site);
  },
);

await t.test(
  'in bell/: what is empty is taken away, and nothing that is not is lost',
  { skip },
  async (t) => {
    using site = await makeSite(6);
    const bell = join(site.lab.spool, 'bell');
    const puts = putForeign(site, bell);
    putThings(site, bell, 'work,');
    mkdirSync(join(bell, 'full', 'deep'), { recursive: true });
    chownSync(join(bell, 'full'), site.user.uid, site.user.gid);
    const full = [...puts, { what: 'a full directory', ino: lstatSync(join(bell, 'full')).ino }];
    const ran = await site.run();
    t.equal(ran.status, 0, ran.stderr);
    t.strictSame(site.finished(), site.good);
    t.strictSame(readdirSync(bell), []);
    const where = inodesBelow(site.lab.spool);
    for (const { what, ino } of full) t.match(where.get(ino) ?? 'lost', /\/in\/bad\//, what);
    t.match(ran.stderr, /entry-bad queue=in file=full reason="it lay in bell/);
  },
);

await t.test('in journal/: what is no journal is left alone', { skip }, async (t) => {
  using site = await makeSite(6);
  const journal = join(site.queue, 'journal');
  const foreign = putForeign(site, journal);
  const directories = putThings(
    site,
    journal,
    '',
    BAD_THINGS.filter(({ what }) => !/file|entry|line|text|zeros|metadata/.test(what)),
  );
  const ran = await site.run();
  t.equal(ran.status, 0, ran.stderr);
  t.strictSame(site.finished(), site.good);
  const where = inodesBelow(site.queue);
  for (const { what, ino } of [...foreign, ...directories])
    t.match(where.get(ino) ?? 'lost', /\/journal\//, what);
  await isStable(t, site);
});

await t.test(
  'a directory in the place of an entry’s journal: the other entries are done',
  { skip },
  async (t) => {
    using site = await makeSite(6);
    const [first = '', ...others] = site.good;
    mkdirSync(join(site.queue, 'journal', first));
    const ran = await site.run();
    t.strictSame(site.finished(), others, 'the others are done');
    t.match(ran.stderr, `journal/${first}`, 'it says which');
    const where = [...inodesBelow(site.queue).values()].filter(
      (path) => path.includes(first) && !path.includes('/journal/'),
    );
    t.equal(where.length, 1, `the entry is kept: ${where.join()}`);
  },
);

await t.test('in held/ and bad/: left to the operator, who can look at all of it', { skip }, async (t) => {
  using site = await makeSite(6);
  const puts = ['held', 'bad'].flatMap((state) => {
    const directory = join(site.queue, state);
    return [...putThings(site, directory), ...putForeign(site, directory)].map((put) => ({ ...put, state }));
  });
  const ran = await site.run();
  t.equal(ran.status, 0, ran.stderr);
  t.strictSame(site.finished(), site.good);
  const where = inodesBelow(site.queue);
  for (const { what, ino, state } of puts)
    t.match(where.get(ino) ?? 'lost', `/${state}/`, `${what} in ${state}/`);
  for (const args of [['queue'], ['queue', 'ls'], ['--json', 'queue', 'ls']]) {
    const { status, stdout, stderr } = await site.lab.run(args);
    t.equal(status, 0, `${args.join(' ')}: ${stderr}`);
    t.notMatch(stdout + stderr, /[^\P{Cc}\n]/u, 'no control characters');
  }
  for (const { name, what } of puts.filter(
    ({ name, state }) => state === 'held' && name.startsWith('17954208'),
  )) {
    const { status, stderr } = await site.lab.run(['queue', 'show', name]);
    t.notMatch(stderr, /a bug/, `show ${what}: ${status}`);
  }
  await isStable(t, site);
});

await t.test(
  'a directory of root, which a run may not move: told of, and the others are done',
  { skip },
  async (t) => {
    using site = await makeSite(6);
    const path = join(site.queue, 'new', 'of-root');
    mkdirSync(path, { mode: 0o755 });
    writeFileSync(join(path, 'file'), 'x');
    for (let run = 0; run < 2; run++) {
      const ran = await site.run();
      t.equal(ran.status, 75, ran.stderr);
      t.match(ran.stderr, /new\/of-root/, 'it says which');
      t.strictSame(site.finished(), site.good, 'the good ones are done');
      t.ok(isDirectory(path), 'it is kept');
    }
  },
);

await t.test('names as long as names can be', { skip }, async (t) => {
  using site = await makeSite(6);
  const path = join(site.queue, 'new', 'n'.repeat(255));
  writeFileSync(path, entryBytes('x'));
  chownSync(path, site.user.uid, site.user.gid);
  const { ino } = lstatSync(path);
  const ran = await site.run();
  t.equal(ran.status, 0, ran.stderr);
  t.strictSame(site.finished(), site.good, 'the good ones are done');
  t.match(inodesBelow(site.queue).get(ino) ?? 'lost', /\/bad\//);
  t.match(ran.stderr, /entry-bad/);
  await isStable(t, site);
});

await t.test('a queue that the user may not read: the others get their turn', { skip }, async (t) => {
  using site = await makeSite(6);
  const directory = join(site.lab.spool, 'archive', 'new');
  chmodSync(directory, 0);
  chownSync(directory, 0, 0);
  const ran = await site.run();
  t.equal(ran.status, 75, ran.stderr);
  t.match(ran.stderr, /EACCES.*archive\/new/);
  t.strictSame(site.finished(), site.good, 'the good ones are done');
});

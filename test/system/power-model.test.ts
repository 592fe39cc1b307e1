import t from 'tap';
import { Disk } from '../support/power-disk.ts';
import { type Call, parseTrace } from '../support/power-trace.ts';

const hex = (text: string) =>
  Buffer.from(text)
    .toString('hex')
    .replace(/../g, (byte) => `\\x${byte}`);
const quoted = (path: string) => `"${hex(path)}"`;

/** What a cut leaves: names, and a file's bytes behind `=`. */
function left(disk: Disk, share: number): string {
  const tree = [...disk.cut(() => share)];
  return tree.map(([path, bytes]) => (bytes === null ? path : `${path}=${bytes.toString()}`)).join(' ');
}

/** A disk with the directories `a` and `b`, on which these calls were made. */
function diskAfter(...calls: readonly Call[]): Disk {
  const disk = new Disk(
    '/d',
    new Map([
      ['a', null],
      ['b', null],
    ]),
  );
  for (const call of calls) disk.apply(call);
  return disk;
}

const open = (path: string, fd = 3): Call => ({ kind: 'open', fd, path, create: true, truncate: false });
const write = (text: string, at: number | null = null, fd = 3): Call => ({
  kind: 'write',
  fd,
  at,
  bytes: Buffer.from(text),
});
const sync = (fd = 3): Call[] => [
  { kind: 'sync-begins', fd, thread: '1' },
  { kind: 'sync-ends', thread: '1' },
];

await t.test('a sync of a file keeps its bytes and not its name', async (t) => {
  const disk = diskAfter(open('/d/a/f'), write('one'), ...sync(), write('two'));
  t.equal(left(disk, 0), 'a b');
  t.equal(left(disk, 1), 'a a/f=onetwo b');
  disk.apply(open('/d/a', 4));
  for (const call of sync(4)) disk.apply(call);
  t.equal(left(disk, 0), 'a a/f=one b');
});

await t.test('a rename is one step, safe by a sync of either directory', async (t) => {
  for (const synced of ['/d/a', '/d/b']) {
    const moved: Call = { kind: 'rename', path: '/d/a/f', to: '/d/b/f' };
    const disk = diskAfter(open('/d/a/f'), open('/d/a', 4), ...sync(4), moved);
    t.equal(left(disk, 0), 'a a/f= b');
    t.equal(left(disk, 1), 'a b b/f=');
    disk.apply(open(synced, 5));
    for (const call of sync(5)) disk.apply(call);
    t.equal(left(disk, 0), 'a b b/f=', `sync of ${synced}`);
  }
});

await t.test('what lies in a directory whose own name was lost is lost', async (t) => {
  const disk = diskAfter(
    { kind: 'mkdir', path: '/d/a/new' },
    open('/d/a/new/f'),
    open('/d/a/new', 4),
    ...sync(4),
  );
  t.equal(left(disk, 0), 'a b');
  t.equal(left(disk, 1), 'a a/new a/new/f= b');
});

await t.test('a directory goes only after what was in it', async (t) => {
  const disk = diskAfter(
    { kind: 'rename', path: '/d/a', to: '/d/c' },
    open('/d/c/f'),
    { kind: 'rename', path: '/d/c/f', to: '/d/b/f' },
    { kind: 'remove', path: '/d/c' },
  );
  const tree = disk.cut(({ paths }) => Number(paths[1] !== 'b/f'));
  t.strictSame([...tree.keys()], ['b', 'c', 'c/f']);
});

await t.test('writes survive in any choice, with zeros for those between that are lost', async (t) => {
  const disk = diskAfter(open('/d/a/f'), write('one '), write('two'), write('O', 0));
  t.equal(String(disk.cut(({ data }) => Number(data?.at !== 0)).get('a/f')), '\0\0\0\0two');
  t.equal(String(disk.cut(({ data }) => (data?.bytes?.length === 3 ? 0.5 : 1)).get('a/f')), 'One tw');
});

await t.test('a sync covers what was done before it began, and counts when it has ended', async (t) => {
  const [begins, ends] = sync();
  if (!begins || !ends) throw new Error('a sync has two halves');
  const disk = diskAfter(open('/d/a/f'), open('/d/a', 4), ...sync(4), write('one'), begins, write('two'));
  t.equal(left(disk, 0), 'a a/f= b');
  disk.apply(ends);
  t.equal(left(disk, 0), 'a a/f=one b');
});

await t.test('a trace', async (t) => {
  const lines = [
    `7 openat(AT_FDCWD<${hex('/')}>, ${quoted('/d/f')}, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0660) = 3<${hex('/d/f')}>`,
    `7 pwrite64(3<${hex('/d/f')}>, ${quoted('x"y\n')}, 4, 10) = 4`,
    `8 fsync(3<${hex('/d/f')}> <unfinished ...>`,
    `7 rename(${quoted('/d/f')}, ${quoted('/d/g')}) = 0`,
    '8 <... fsync resumed>) = 0',
    `7 unlink(${quoted('/d/none')}) = -1 ENOENT (No such file or directory)`,
    `7 write(5<${hex('/e')}>, ${quoted('effect 1')}, 8) = 8`,
    `7 mkdir(${quoted('/elsewhere')}, 0777) = 0`,
    '7 exit_group(0) = ?',
  ];
  t.strictSame(parseTrace(lines.join('\n'), '/d'), [
    { kind: 'open', fd: 3, path: '/d/f', create: true, truncate: false },
    { kind: 'write', fd: 3, at: 10, bytes: Buffer.from('x"y\n') },
    { kind: 'sync-begins', fd: 3, thread: '8' },
    { kind: 'rename', path: '/d/f', to: '/d/g' },
    { kind: 'sync-ends', thread: '8' },
    { kind: 'outside', text: 'effect 1' },
  ]);
  const strange = `7 symlink(${quoted('/d/f')}, ${quoted('/d/g')}) = 0`;
  t.throws(() => parseTrace(strange, '/d'), /does not know symlink/);
  t.throws(() => parseTrace(`7 write(3<${hex('/d/f')}>, ${quoted('x')}..., 9) = 9`, '/d'), /cut off/);
  t.throws(() => parseTrace('7 sync() = 0', '/d'), /does not know sync/);
});

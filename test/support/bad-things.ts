/** Things that have no business in a spool, and that somebody puts there all the same. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  ftruncateSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { EMPTY_META } from '../../lib/spool/entry.ts';
import { firstLine } from '../../lib/spool/entry-file.ts';
import { encodeMeta, META_LIMIT } from '../../lib/spool/entry-meta.ts';
import type { User } from './lab.ts';

/** A path as bytes: names need not be text. */
export function bytePath(directory: string, name: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name)]);
}

/** A whole entry. */
export function entryBytes(message: string): Buffer {
  const meta = encodeMeta(EMPTY_META);
  const body = Buffer.from(message);
  return Buffer.concat([firstLine(meta.length, body.length), meta, body]);
}

/** Something that is no entry. It belongs to `user`, who is not root, unless it says otherwise. */
export type BadThing = {
  readonly what: string;
  /** Makes it. `outside` is a directory outside the spool with a file `outside/file`. */
  readonly make: (path: string, outside: string, user: User) => void;
};

const file = (what: string, bytes: () => Buffer): BadThing => ({
  what,
  make: (path, _outside, user) => {
    writeFileSync(path, bytes());
    chownSync(path, user.uid, user.gid);
  },
});

const link = (what: string, to: (path: string, outside: string) => string): BadThing => ({
  what,
  make: (path, outside) => symlinkSync(to(path, outside), path),
});

const node = (what: string, ...command: readonly [string, ...string[]]): BadThing => ({
  what,
  make: (path, _outside, user) => {
    const [program, ...args] = command;
    execFileSync(
      program,
      [...args.slice(0, 1), path, ...args.slice(1)].filter((word) => word !== ''),
    );
    chownSync(path, user.uid, user.gid);
  },
});

const BIND =
  "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";

/** What can be found under the name of an entry. */
export const BAD_THINGS: readonly BadThing[] = [
  file('an empty file', () => Buffer.alloc(0)),
  file('an entry that is cut off', () => entryBytes('Subject: whole\n\nbody\n').subarray(0, -3)),
  file('an entry with more behind it', () =>
    Buffer.concat([entryBytes('Subject: x\n\n'), Buffer.from('more')]),
  ),
  file('half a first line', () => entryBytes('x').subarray(0, 11)),
  file('text', () => Buffer.from('To whom it may concern\n')),
  file('zeros', () => Buffer.alloc(70_000)),
  file('metadata that is no JSON', () => Buffer.concat([firstLine(3, 1), Buffer.from('{,}x')])),
  {
    what: 'metadata over the limit',
    make: (path, _outside, user) => {
      const fd = openSync(path, 'w');
      writeSync(fd, Buffer.from(`qrunner-entry 1 ${META_LIMIT + 1} 000000000000\n`));
      ftruncateSync(fd, META_LIMIT + 1 + firstLine(0, 0).length);
      closeSync(fd);
      chownSync(path, user.uid, user.gid);
    },
  },
  { what: 'a file of root', make: (path) => writeFileSync(path, entryBytes('x'), { mode: 0o600 }) },
  {
    what: 'a file without permissions',
    make: (path, _outside, user) => {
      writeFileSync(path, entryBytes('x'));
      chownSync(path, user.uid, user.gid);
      chmodSync(path, 0);
    },
  },
  {
    what: 'an empty directory',
    make: (path, _outside, user) => {
      mkdirSync(path);
      chownSync(path, user.uid, user.gid);
    },
  },
  {
    what: 'a directory with a file',
    make: (path, _outside, user) => {
      mkdirSync(path);
      writeFileSync(join(path, 'file'), 'x');
      chownSync(path, user.uid, user.gid);
    },
  },
  link('a dangling link', () => '/nonexistent/file'),
  link('a link to a file outside', (_path, outside) => join(outside, 'file')),
  link('a link to a directory', (_path, outside) => outside),
  link('a link to itself', (path) => path),
  node('a pipe', 'mkfifo', ''),
  node('a device', 'mknod', '', 'c', '1', '3'),
  {
    what: 'a socket',
    make: (path, outside, user) => {
      // Bound by a process that is killed, so that nobody removes it; elsewhere, since its path must be short.
      const short = join(outside, 'socket');
      spawnSync(process.execPath, ['-e', BIND, short]);
      renameSync(short, path);
      lchownSync(path, user.uid, user.gid);
    },
  },
];

/** Names that are none of an entry: text, blanks, control characters, bytes that are no UTF-8, long ones. */
export const FOREIGN_NAMES: readonly (string | Buffer)[] = [
  'README',
  '-rf',
  'with blanks and "quotes"',
  'line\nbreak',
  'bell\u0007 and \u001b[31mred',
  'Grüße',
  Buffer.from([0x63, 0x61, 0x66, 0xe9]),
  Buffer.from([0xff, 0xfe, 0x80]),
  Buffer.concat([Buffer.from('1795420800123456-9f86d081884c7d659a2f,c1'), Buffer.from([0xff])]),
  '1795420800123456-9F86D081884C7D659A2F',
  '1795420800123456-9f86d081884c7d659a2f,c1,x9',
  'a@b@c',
  'n'.repeat(200),
];

/** Where the inodes below a directory lie, so that something is found again under any name. */
export function inodesBelow(directory: Buffer | string): Map<number, string> {
  const found = new Map<number, string>();
  const at = Buffer.from(directory);
  for (const name of readdirSync(at, { encoding: 'buffer' })) {
    const path = Buffer.concat([at, Buffer.from('/'), name]);
    const stat = lstatSync(path);
    found.set(stat.ino, path.toString('latin1'));
    if (stat.isDirectory()) for (const [ino, where] of inodesBelow(path)) found.set(ino, where);
  }
  return found;
}

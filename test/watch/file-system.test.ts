import { statfsSync } from 'node:fs';
import t from 'tap';
import { silentFileSystem } from '../../lib/watch/file-system.ts';

/** The name for a magic number. */
function named(magic: number): string | null {
  return silentFileSystem('/', () => magic, 'linux');
}

await t.test('by the magic number', async (t) => {
  t.equal(named(0x6969), 'NFS');
  t.equal(named(0xff534d42), 'CIFS');
  t.equal(named(0xff534d42 | 0), 'CIFS', 'also where the number is signed');
  t.equal(named(0x01021997), '9p');
  t.equal(named(0x65735546), 'FUSE');
  for (const local of [0xef53, 0x01021994, 0x9123683e, 0x58465342, 0x794c7630]) {
    t.equal(named(local), null, 'ext4, tmpfs, Btrfs, XFS and overlay tell');
  }
});

await t.test('what cannot be asked, and other systems', async (t) => {
  t.equal(silentFileSystem('/nowhere/at/all'), null);
  t.equal(
    silentFileSystem('/', () => 0x6969, 'freebsd'),
    null,
  );
});

await t.test('this computer’s', { skip: process.platform !== 'linux' && 'not Linux' }, async (t) => {
  const { type } = statfsSync('/proc');
  t.equal(type, 0x9fa0, 'Node gives the magic number');
  t.equal(silentFileSystem('/proc'), null);
});

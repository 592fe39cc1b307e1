/**
 * File systems whose changes the system does not tell of when another computer, or a program behind them, makes them.
 *
 * Promises: knows those of Linux, by the magic numbers of statfs(2) in linux/magic.h and the file systems' own headers;
 * elsewhere it knows none. An overlay is judged by itself: what is changed through it is told.
 */
import { statfsSync } from 'node:fs';

const SILENT: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x20030528, 'OrangeFS'],
  [0x786f4256, 'a VirtualBox folder'],
  [0xbacbacbc, 'a VMware folder'],
]);

/** The magic number of the file system that `path` is on. @throws the system's error */
function magicOf(path: string): number {
  return statfsSync(path).type;
}

/**
 * The name of the file system at `path` when it may keep changes to itself, else `null`; also `null` when it cannot be
 * asked. `magic` is for tests.
 */
export function silentFileSystem(
  path: string,
  magic: (path: string) => number = magicOf,
  platform: NodeJS.Platform = process.platform,
): string | null {
  if (platform !== 'linux') return null;
  try {
    // The field is signed on some architectures.
    return SILENT.get(magic(path) >>> 0) ?? null;
  } catch {
    return null;
  }
}

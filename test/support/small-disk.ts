/** A disk of a few kilobytes, to run out of space on. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A mounted tmpfs; disposing of it unmounts it. */
export type SmallDisk = Disposable & { readonly root: string };

/** Mounts one. A string says why that cannot be done here. */
export function smallDisk(kilobytes: number): SmallDisk | string {
  if (process.getuid?.() !== 0) return 'only root may mount a small disk';
  const root = mkdtempSync(join(tmpdir(), 'qrunner-disk-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', root]);
  if (status !== 0) {
    rmSync(root, { recursive: true });
    return 'no mount(2) in this container';
  }
  return {
    root,
    [Symbol.dispose]: () => {
      spawnSync('umount', [root]);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

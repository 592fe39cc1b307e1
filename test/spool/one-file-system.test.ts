import t from 'tap';
import { TemporaryError } from '../../lib/base/errors.ts';
import { checkOneFileSystem, otherFileSystem } from '../../lib/spool/one-file-system.ts';
import { spoolRig } from '../support/spool-rig.ts';

await t.test('a spool as it should be', async (t) => {
  using rig = spoolRig();
  t.doesNotThrow(() => checkOneFileSystem(rig.spool.layout, 'in'));
  t.doesNotThrow(() => checkOneFileSystem(rig.spool.layout, 'in'), 'again');
});

await t.test('tmp/ on another file system is named, with what to do', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  // On every Linux /proc is a file system of its own.
  const split = {
    ...layout,
    directory: (queue: string, state: Parameters<typeof layout.directory>[1]) =>
      state === 'tmp' ? '/proc' : layout.directory(queue, state),
  };
  t.throws(() => checkOneFileSystem(split, 'in'), otherFileSystem('/proc', layout.directory('in', 'new')));
  t.throws(() => checkOneFileSystem(split, 'in'), TemporaryError, 'each time');
});

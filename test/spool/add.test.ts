import { mkdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ExpectedError, TemporaryError } from '../../lib/base/errors.ts';
import { acceptStaged, addEntry, dropStaged, stageEntry } from '../../lib/spool/add.ts';
import { EMPTY_META } from '../../lib/spool/entry.ts';
import { readEntryFile } from '../../lib/spool/entry-file.ts';
import { smallDisk } from '../support/small-disk.ts';
import { spoolRig } from '../support/spool-rig.ts';

const MESSAGE = [Buffer.from('Subject: x\n\n'), Buffer.from('body\n')];

await t.test('an accepted message lies in new/ and its bell has been rung', async (t) => {
  using rig = spoolRig();
  const { id, size } = await addEntry(rig.spool, 'in', { ...EMPTY_META, list: 'a@b' }, MESSAGE);
  t.strictSame(rig.counts(), { bell: 1, 'in/new': 1 });
  t.strictSame(rig.files('in', 'new'), [id]);
  t.strictSame(rig.bells(), [`in,${id}`]);
  const { file, message } = await rig.only('in', 'new');
  t.equal(message, 'Subject: x\n\nbody\n');
  t.equal(size, message.length);
  t.equal(file.meta.list, 'a@b');
  t.equal(statSync(file.path).mode & 0o777, 0o660);
});

await t.test('the order: bytes, name, sync of the name, bell', async (t) => {
  using rig = spoolRig();
  const seen: Record<string, number>[] = [];
  const look = () => void seen.push(rig.counts());
  const spool = {
    ...rig.spool,
    syncDirectory: async (path: string) => {
      look();
      await rig.spool.syncDirectory(path);
    },
  };
  function* watched() {
    look();
    yield* MESSAGE;
  }
  await addEntry(spool, 'in', EMPTY_META, watched());
  look();
  t.strictSame(seen, [{ 'in/tmp': 1 }, { 'in/new': 1 }, { bell: 1, 'in/new': 1 }]);
});

await t.test('many at once, each with a name of its own', async (t) => {
  using rig = spoolRig();
  const ids = await Promise.all(
    Array.from({ length: 50 }, async () => (await addEntry(rig.spool, 'in', EMPTY_META, MESSAGE)).id),
  );
  t.strictSame(rig.files('in', 'new'), [...ids].sort());
  t.strictSame(rig.counts(), { bell: 50, 'in/new': 50 });
});

await t.test('a message that breaks off leaves nothing, and says why in its own words', async (t) => {
  using rig = spoolRig();
  const lost = new Error('the client hung up');
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield* MESSAGE;
    throw lost;
  }
  await t.rejects(addEntry(rig.spool, 'in', EMPTY_META, broken()), lost);
  const tooLong = new ExpectedError(65, 'message over 40KB');
  const refused: Iterable<Uint8Array> = {
    [Symbol.iterator]: () => {
      throw tooLong;
    },
  };
  await t.rejects(addEntry(rig.spool, 'in', EMPTY_META, refused), tooLong);
  t.strictSame(rig.counts(), {});
});

await t.test('trouble with the disk is temporary and leaves nothing', async (t) => {
  await t.test('tmp/ is gone', async (t) => {
    using rig = spoolRig();
    rmdirSync(rig.spool.layout.directory('in', 'tmp'));
    await t.rejects(addEntry(rig.spool, 'in', EMPTY_META, MESSAGE), {
      name: 'TemporaryError',
      message: /cannot accept the message into .*in\/new: ENOENT/,
    });
    t.strictSame(rig.counts(), {});
  });

  await t.test('new/ is gone', async (t) => {
    using rig = spoolRig();
    rmdirSync(rig.spool.layout.directory('in', 'new'));
    await t.rejects(addEntry(rig.spool, 'in', EMPTY_META, MESSAGE), TemporaryError);
    t.strictSame(rig.counts(), {});
  });

  await t.test('the name cannot be synced', async (t) => {
    using rig = spoolRig();
    const error = Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO', syscall: 'fsync' });
    const syncDirectory = () => Promise.reject(error);
    await t.rejects(addEntry({ ...rig.spool, syncDirectory }, 'in', EMPTY_META, MESSAGE), TemporaryError);
    t.strictSame(rig.counts(), {}, 'what the caller was refused does not go out all the same');
  });

  const disk = smallDisk(256);
  const skip = typeof disk === 'string' ? disk : false;
  await t.test('the disk is full', { skip }, async (t) => {
    if (typeof disk === 'string') return;
    using _ = disk;
    using rig = spoolRig(['in'], disk.root);
    const large = Array.from({ length: 64 }, () => Buffer.alloc(16 * 1024, 'x'));
    await t.rejects(addEntry(rig.spool, 'in', EMPTY_META, large), {
      name: 'TemporaryError',
      message: /ENOSPC/,
    });
    t.strictSame(rig.counts(), {});
    await addEntry(rig.spool, 'in', EMPTY_META, MESSAGE);
    t.strictSame(rig.counts(), { bell: 1, 'in/new': 1 }, 'a small one still fits');
  });
});

await t.test('a bell that cannot be rung makes nothing of the acceptance undone', async (t) => {
  using rig = spoolRig();
  rmSync(rig.spool.layout.bell, { recursive: true });
  await addEntry(rig.spool, 'in', EMPTY_META, MESSAGE);
  mkdirSync(rig.spool.layout.bell);
  t.strictSame(rig.counts(), { 'in/new': 1 });
});

await t.test('a queue that is not there', async (t) => {
  using rig = spoolRig();
  await t.rejects(addEntry(rig.spool, 'inn', EMPTY_META, MESSAGE), {
    status: 67,
    message: 'no queue "inn": known are in, out',
  });
  t.strictSame(rig.counts(), {});
  t.notOk(statSync(join(rig.root, 'inn'), { throwIfNoEntry: false }));
});

await t.test('staged: whole in tmp/, then accepted or dropped', async (t) => {
  using rig = spoolRig();
  const wanted = await stageEntry(rig.spool, 'in', EMPTY_META, MESSAGE);
  const unwanted = await stageEntry(rig.spool, 'in', EMPTY_META, MESSAGE);
  t.strictSame(rig.counts(), { 'in/tmp': 2 });
  t.type(readEntryFile(wanted.path), 'object', 'whole by its own account');
  dropStaged(unwanted);
  dropStaged(unwanted);
  t.strictSame(await acceptStaged(rig.spool, wanted), { id: wanted.id, size: wanted.size });
  t.strictSame(rig.counts(), { bell: 1, 'in/new': 1 });
  await t.rejects(acceptStaged(rig.spool, unwanted), TemporaryError, 'what was dropped is gone');
  t.strictSame(rig.counts(), { bell: 1, 'in/new': 1 });
});

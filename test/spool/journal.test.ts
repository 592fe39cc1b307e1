import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { openJournal } from '../../lib/spool/journal.ts';
import { smallDisk } from '../support/small-disk.ts';
import { spoolRig } from '../support/spool-rig.ts';

const ID = '1795420800123456-9f86d081884c7d659a2f';

await t.test('what was recorded is there for the next run', async (t) => {
  using rig = spoolRig();
  const first = openJournal(rig.spool, 'out', ID);
  t.strictSame(first.records(), []);
  t.notOk(existsSync(rig.spool.layout.journal('out', ID)), 'no file before there is something to say');
  await first.append({ delivered: ['a@b'] });
  await first.append('text with\nnewline');
  t.strictSame(first.records(), [{ delivered: ['a@b'] }, 'text with\nnewline']);
  first.close();

  const second = openJournal(rig.reopened(), 'out', ID);
  t.strictSame(second.records(), first.records());
  await second.append(3);
  second.close();
  t.strictSame(openJournal(rig.spool, 'out', ID).records(), [...first.records(), 3]);
  t.strictSame(openJournal(rig.spool, 'in', ID).records(), [], 'another queue has its own');
});

await t.test(
  'a crash behind something new came further, one behind nothing or behind what was there did not',
  async (t) => {
    using rig = spoolRig();
    const journal = openJournal(rig.spool, 'out', ID);
    const crash = (number: number) => journal.append({ crash: { claimedAt: number, foundAt: number } });
    await crash(1);
    await journal.append({ delivered: ['a@b'] });
    journal.reserve(1000);
    await crash(2);
    await crash(3);
    await journal.append({ delivered: ['a@b'] });
    await crash(4);
    await journal.append({ delivered: ['c@d'] });
    journal.close();
    const again = openJournal(rig.reopened(), 'out', ID);
    t.strictSame(
      again.crashes().map(({ claimedAt, cameFurther }) => [claimedAt, cameFurther]),
      [
        [1, false],
        [2, true],
        [3, false],
        [4, false],
      ],
    );
    t.equal(again.records().length, 3);
  },
);

await t.test('a torn last line is left out, and swallows nothing that follows', async (t) => {
  using rig = spoolRig();
  const path = rig.spool.layout.journal('out', ID);
  writeFileSync(path, '{"n":1}\n{"n":2}\n{"n":');
  const journal = openJournal(rig.spool, 'out', ID);
  t.strictSame(journal.records(), [{ n: 1 }, { n: 2 }]);
  await journal.append({ n: 3 });
  await journal.append({ n: 4 });
  journal.close();
  t.strictSame(openJournal(rig.spool, 'out', ID).records(), [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]);
  appendFileSync(path, '\0\0\0\0\n{"n":5}\n');
  t.match(openJournal(rig.spool, 'out', ID).records(), { 4: { n: 5 } }, 'nor does a hole in the middle');
});

const disk = smallDisk(64);
const skip = typeof disk === 'string' ? disk : false;
await t.test('a line that did not fit on the disk swallows nothing that follows', { skip }, async (t) => {
  if (typeof disk === 'string') return;
  using _ = disk;
  using rig = spoolRig(['out'], disk.root);
  const journal = openJournal(rig.spool, 'out', ID);
  await journal.append('a');
  await t.rejects(journal.append('x'.repeat(100_000)), { code: 'ENOSPC' });
  t.notMatch(readFileSync(rig.spool.layout.journal('out', ID), 'utf8'), /\n$/, 'half of it is there');
  await journal.append('b');
  journal.close();
  t.strictSame(openJournal(rig.spool, 'out', ID).records(), ['a', 'b']);
});

await t.test('room that was taken', async (t) => {
  using rig = spoolRig();
  const path = rig.spool.layout.journal('out', ID);
  const journal = openJournal(rig.spool, 'out', ID);
  await journal.append({ n: 1 });
  journal.reserve(1000);
  const { size } = statSync(path);
  t.ok(size >= 1000, 'is there before it is needed');
  await journal.append({ n: 2 });
  await journal.append({ word: 'ünï' });
  t.equal(statSync(path).size, size, 'and written over');
  journal.close();
  const next = openJournal(rig.spool, 'out', ID);
  t.strictSame(next.records(), [{ n: 1 }, { n: 2 }, { word: 'ünï' }], 'empty lines are no records');
  await next.append({ n: 4 });
  next.reserve(10);
  next.close();
  t.strictSame(openJournal(rig.spool, 'out', ID).records().at(-1), { n: 4 });
  t.strictSame(openJournal(rig.spool, 'out', ID).records().length, 4);
});

await t.test('a line torn in room that was taken, before it or behind it', async (t) => {
  using rig = spoolRig();
  const path = rig.spool.layout.journal('out', ID);
  const torn = [
    '{"n":1}\n{"n":2\n\n\n\n\n',
    '{"n":1}\n\n\n\n{"n":2',
    '{"n":1}\n\n\n\0\0\0',
    '{"n":1}\n{"n"\0\0\n\n\n',
  ];
  for (const text of torn) {
    writeFileSync(path, text);
    const journal = openJournal(rig.spool, 'out', ID);
    t.strictSame(journal.records(), [{ n: 1 }], JSON.stringify(text));
    journal.reserve(200);
    await journal.append({ n: 3 });
    await journal.append({ n: 4 });
    journal.close();
    t.strictSame(openJournal(rig.spool, 'out', ID).records(), [{ n: 1 }, { n: 3 }, { n: 4 }]);
    t.notMatch(readFileSync(path, 'latin1'), /\n\n+\{"n":[34]/, 'nothing is left between');
  }
});

await t.test('room only, and nothing said', async (t) => {
  using rig = spoolRig();
  const journal = openJournal(rig.spool, 'out', ID);
  journal.reserve(100);
  journal.close();
  t.match(readFileSync(rig.spool.layout.journal('out', ID), 'utf8'), /^\n{100,}$/);
  const next = openJournal(rig.reopened(), 'out', ID);
  t.strictSame(next.records(), []);
  await next.append('first');
  next.close();
  t.match(readFileSync(rig.spool.layout.journal('out', ID), 'utf8'), /^"first"\n+$/, 'the room is used');
});

await t.test('a line torn inside a character', async (t) => {
  using rig = spoolRig();
  const whole = Buffer.from('{"n":1}\n{"word":"ü');
  writeFileSync(rig.spool.layout.journal('out', ID), whole.subarray(0, -1));
  const journal = openJournal(rig.spool, 'out', ID);
  await journal.append({ n: 2 });
  journal.close();
  t.strictSame(openJournal(rig.spool, 'out', ID).records(), [{ n: 1 }, { n: 2 }]);
});

const room = smallDisk(64);
const noRoom = typeof room === 'string' ? room : false;
await t.test('a full disk shows when room is taken', { skip: noRoom }, async (t) => {
  if (typeof room === 'string') return;
  using _ = room;
  using rig = spoolRig(['out'], room.root);
  const journal = openJournal(rig.spool, 'out', ID);
  t.throws(() => journal.reserve(100_000), { code: 'ENOSPC' });
  await journal.append('a');
  journal.close();
  t.strictSame(openJournal(rig.spool, 'out', ID).records(), ['a'], 'what fits can still be said');
});

const taken = smallDisk(64);
const noDisk = typeof taken === 'string' ? taken : false;
await t.test('what was taken is there when the disk is full', { skip: noDisk }, async (t) => {
  if (typeof taken === 'string') return;
  using _ = taken;
  using rig = spoolRig(['out'], taken.root);
  const journal = openJournal(rig.spool, 'out', ID);
  journal.reserve(4000);
  t.throws(() => writeFileSync(`${taken.root}/filler`, Buffer.alloc(100_000)), { code: 'ENOSPC' });
  for (let n = 0; n < 100; n++) await journal.append({ n });
  await t.rejects(journal.append('x'.repeat(30_000)), { code: 'ENOSPC' }, 'and no more than that');
  journal.close();
  t.equal(openJournal(rig.spool, 'out', ID).records().length, 100);
});

await t.test('appends that come together', async (t) => {
  using rig = spoolRig();
  let syncs = 0;
  const syncDirectory = async (path: string) => {
    syncs++;
    await rig.spool.syncDirectory(path);
  };
  const journal = openJournal({ ...rig.spool, syncDirectory }, 'out', ID);
  const numbers = Array.from({ length: 100 }, (_, n) => n);
  await Promise.all(numbers.map((n) => journal.append(n)));
  journal.close();
  t.equal(syncs, 1, 'the name is synced once');
  t.strictSame(openJournal(rig.spool, 'out', ID).records(), numbers, 'are there in their order');
});

await t.test('no append is durable before the name of the file is', async (t) => {
  using rig = spoolRig();
  let failed = 0;
  const error = new Error('EIO');
  const syncDirectory = () => Promise.reject(error);
  const journal = openJournal({ ...rig.spool, syncDirectory }, 'out', ID);
  await Promise.all([1, 2, 3].map((n) => journal.append(n).catch(() => failed++)));
  await t.rejects(journal.append(4), { message: 'EIO' });
  t.equal(failed, 3);
  journal.close();
});

await t.test('what lies in the place of a journal and is no file is told of, not read', async (t) => {
  using rig = spoolRig();
  const id = await rig.put('in');
  const path = rig.spool.layout.journal('in', id);
  mkdirSync(path);
  t.throws(() => openJournal(rig.spool, 'in', id), {
    message: `the journal ${path} is not a file: see what it is and remove it`,
  });
});

import { buffer } from 'node:stream/consumers';
import t from 'tap';
import { openEntry } from '../../lib/drain/open-entry.ts';
import { readEntryFile } from '../../lib/spool/entry-file.ts';
import { spoolRig } from '../support/spool-rig.ts';

await t.test('an active file as a runner sees it', async (t) => {
  using rig = spoolRig();
  const place = await rig.putActive('in', 'Subject: x\n\nbody\n');
  const file = readEntryFile(place.path);
  if (typeof file === 'string') throw new Error(file);
  const named = { ...place, name: { ...place.name, failures: 2, released: true } };
  const entry = openEntry(named, file);
  t.match(entry, {
    id: place.name.id,
    queue: 'in',
    receivedAt: rig.clock.now(),
    failures: 2,
    released: true,
    size: 17,
    meta: file.meta,
  });
  t.equal((await entry.readHead(10)).toString(), 'Subject: x');
  t.equal((await entry.readHead(1000)).toString(), 'Subject: x\n\nbody\n');
  t.equal((await entry.read()).toString(), 'Subject: x\n\nbody\n');
  t.equal((await buffer(entry.stream())).toString(), 'Subject: x\n\nbody\n');
  t.equal((await buffer(entry.stream(12))).toString(), 'body\n');
});

await t.test(
  'the second entry of a millisecond has whole ones too: the state database takes no others',
  async (t) => {
    using rig = spoolRig();
    const place = await rig.putActive('in', 'Subject: x\n\nbody\n');
    const file = readEntryFile(place.path);
    if (typeof file === 'string') throw new Error(file);
    const second = { ...place, name: { ...place.name, id: '1795420800123001-9f86d081884c7d659a2f' } };
    t.equal(openEntry(second, file).receivedAt, 1_795_420_800_123);
  },
);

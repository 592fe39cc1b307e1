import t from 'tap';
import { isEntryId, receivedAt } from '../../lib/spool/entry-name.ts';
import { outputId } from '../../lib/spool/spool.ts';
import { spoolRig } from '../support/spool-rig.ts';

await t.test('fresh ids', async (t) => {
  using rig = spoolRig();
  const ids = Array.from({ length: 100 }, () => rig.spool.freshId());
  t.ok(ids.every(isEntryId));
  t.strictSame([...ids].sort(), ids, 'later calls give later ids, also while the clock stands still');
  t.equal(receivedAt(ids[0] ?? ''), rig.clock.now());
  rig.clock.advance(-60_000);
  const last = ids.at(-1) ?? '';
  t.ok(rig.spool.freshId() > last, 'also when the clock is set back');
  rig.clock.advance(120_000);
  t.equal(receivedAt(rig.spool.freshId()), rig.clock.now());
  const hashes = new Set([...ids, rig.reopened().freshId()].map((id) => id.slice(17)));
  t.equal(hashes.size, 101, 'no two of one hash');
});

await t.test('the id of an output derives from its input', async (t) => {
  const input = { queue: 'in', id: '1795420800123456-9f86d081884c7d659a2f' };
  const id = outputId(input, 'out', 0);
  t.ok(isEntryId(id));
  t.equal(id.slice(0, 17), '1795420800123456-', 'and keeps its place in the order');
  t.equal(outputId({ ...input }, 'out', 0), id, 'the same each time');
  const others = [
    outputId(input, 'out', 1),
    outputId(input, 'archive', 0),
    outputId({ ...input, queue: 'retry' }, 'out', 0),
    outputId({ ...input, id: input.id.replace('2f', '30') }, 'out', 0),
  ];
  t.equal(new Set([id, ...others]).size, 5, 'and another for each output');
});

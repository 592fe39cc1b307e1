import { unlinkSync, utimesSync } from 'node:fs';
import t from 'tap';
import type { Layout } from '../../lib/spool/layout.ts';
import { claim, defer, hold, release, setAside } from '../../lib/spool/move.ts';
import { findEntry, placeOfSeen, reasonOf, seeState } from '../../lib/spool/survey.ts';
import { spoolRig } from '../support/spool-rig.ts';

await t.test('what lies in a state, oldest first', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const ids = [await rig.put('in'), await rig.put('in'), await rig.put('in')];
  const foreign = rig.write('in/new/README', 'x');
  utimesSync(foreign, 1_000_000, 1_000_000);
  const seen = seeState(layout, 'in', 'new');
  t.strictSame(
    seen.map(({ file }) => file),
    ['README', ...ids],
  );
  t.match(seen[0], { name: null, receivedAt: 1_000_000_000, dueAt: null, path: foreign });
  t.match(seen[3], { name: { id: ids[2] }, receivedAt: rig.clock.now(), dueAt: null });
  t.strictSame(seeState(layout, 'out', 'new'), []);
});

await t.test('what waits, with its due time', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const dueAt = rig.clock.now() + 90_000;
  defer(layout, await rig.putActive('in'), dueAt * 1000, true);
  defer(layout, await rig.putActive('in'), (dueAt - 80_000) * 1000, true);
  t.match(
    seeState(layout, 'in', 'deferred').map((seen) => seen.dueAt),
    [dueAt, dueAt - 80_000],
    'in the order in which they were accepted',
  );
});

await t.test('an entry is found by the beginning of its id or of its hash, in every state', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const [first, second] = [await rig.put('in'), await rig.put('out')];
  const waiting = claim(layout, rig.placeOf('out', second));
  if (waiting) defer(layout, waiting, rig.clock.now() * 1000 + 1e9, true);
  const where = (prefix: string) => findEntry(layout, prefix).map(({ queue, state }) => `${queue}/${state}`);
  t.strictSame(where(first), ['in/new']);
  t.strictSame(where(first.slice(17, 29)), ['in/new']);
  t.strictSame(where(second), ['out/deferred']);
  t.strictSame(where(first.slice(0, 5)), ['in/new', 'out/deferred'], 'all that fit');
  t.strictSame(where('x'), []);
  rig.write('in/new/README', 'x');
  t.strictSame(where('README'), ['in/new']);
  t.strictSame(where('READ'), [], 'a foreign file only by its whole name');
});

await t.test('a person holds it, reads why, releases it', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const id = await rig.put('in');
  const [seen] = findEntry(layout, id);
  const place = seen && placeOfSeen(seen);
  t.ok(place && hold(layout, place, 'held by root'));
  const [held] = findEntry(layout, id);
  t.match(held && reasonOf(held), /held by root$/);
  const from = held && placeOfSeen(held);
  t.ok(from && release(layout, from));
  t.strictSame(rig.files('in', 'new'), [`${id},r`]);

  const [free] = findEntry(layout, id);
  t.equal(free && reasonOf(free), null, 'no reason where none is');
  rig.write('in/new/README', 'x');
  setAside(layout, 'in', { directory: layout.directory('in', 'new'), file: 'README' }, 'no entry');
  const [foreign] = seeState(layout, 'in', 'bad');
  t.equal(foreign && placeOfSeen(foreign), null, 'a foreign name cannot be moved like an entry');
  t.match(foreign && reasonOf(foreign), /no entry$/);
});

await t.test('what goes while one looks is left out', async (t) => {
  using rig = spoolRig();
  const link = rig.write('in/new/short-lived', 'x');
  t.equal(seeState(rig.spool.layout, 'in', 'new').length, 1);
  unlinkSync(link);
  t.equal(seeState(rig.spool.layout, 'in', 'new').length, 0);
});

await t.test('an entry that moves on while one looks is seen once', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const id = await rig.put('in');
  let moves = 0;
  const moving: Layout = {
    ...layout,
    directory: (queue, state) => {
      // Between the look into new/ and the look into active/.
      if (queue === 'in' && state === 'active' && moves++ === 0) claim(layout, rig.placeOf('in', id));
      return layout.directory(queue, state);
    },
  };
  t.strictSame(
    findEntry(moving, id).map(({ state }) => state),
    ['active'],
  );
  t.ok(moves > 0, 'it moved');
});

await t.test('half a reason is no entry', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  for (const state of ['held', 'shunt', 'bad'] as const) {
    rig.write(`in/${state}/1795420800123456-9f86d081884c7d659a2f.reason.4711.tmp`, 'ha');
    t.strictSame(seeState(layout, 'in', state), [], state);
  }
  rig.write('in/new/x.reason.1.tmp', 'ha');
  rig.write('in/bad/x.tmp', 'ha');
  t.equal(seeState(layout, 'in', 'new').length, 1, 'in other states nothing has a reason');
  t.equal(seeState(layout, 'in', 'bad').length, 1, 'and not every .tmp is one');
});

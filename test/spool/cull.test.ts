import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Culled, cullJournals, cullQueue, type Retention } from '../../lib/spool/cull.ts';
import { openJournal } from '../../lib/spool/journal.ts';
import { commit, defer, hold, type Place, putBack, setAside, shunt } from '../../lib/spool/move.ts';
import { STALE_TMP_MS } from '../../lib/spool/recover.ts';
import { type SpoolRig, spoolRig } from '../support/spool-rig.ts';

const DAY = 86_400_000;
const KEEP: Retention = { shunt: null, bad: null, held: null };

/** What a cull of the queue says, `entry shunt/ID`; the rig's clock is set `ageMs` past the real one, whose times files have. */
function cull(rig: SpoolRig, ageMs: number, retention: Retention = KEEP, rehearsal = false): string[] {
  rig.clock.advance(Date.now() + ageMs - rig.clock.now());
  return [...cullQueue(rig.spool, 'in', retention, rehearsal)].map(words).sort();
}

const words = ({ kind, state, file }: Culled) => `${kind} ${state}/${file}`;

/** Entries in each of the states where a person decides, and something foreign in bad/. */
async function putAside(rig: SpoolRig): Promise<Record<'shunt' | 'held' | 'bad', string>> {
  const { layout } = rig.spool;
  const [one, two, three] = [await rig.putActive('in'), await rig.putActive('in'), await rig.putActive('in')];
  shunt(layout, one, 'why');
  hold(layout, two, 'why');
  setAside(layout, 'in', { directory: layout.directory('in', 'active'), file: `${three.name.id},c1` }, 'why');
  mkdirSync(join(layout.directory('in', 'new'), 'folder', 'deep'), { recursive: true });
  setAside(layout, 'in', { directory: layout.directory('in', 'new'), file: 'folder' }, 'why');
  return { shunt: one.name.id, held: two.name.id, bad: three.name.id };
}

await t.test('nothing goes for which no time is said', async (t) => {
  using rig = spoolRig();
  await putAside(rig);
  t.strictSame(cull(rig, 1000 * DAY), []);
});

await t.test('what is older than it is kept goes, with its reason', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const ids = await putAside(rig);
  const month = { shunt: 30 * DAY, bad: 30 * DAY, held: null };
  t.strictSame(cull(rig, 29 * DAY, month), []);
  const expected = [`entry bad/${ids.bad}`, 'entry bad/folder', `entry shunt/${ids.shunt}`].sort();
  t.strictSame(cull(rig, 31 * DAY, month, true), expected, 'a rehearsal says what would go');
  t.equal(rig.files('in', 'shunt').length, 2, 'and removes nothing');
  t.strictSame(cull(rig, 31 * DAY, month), expected);
  for (const state of ['shunt', 'bad'] as const) t.strictSame(rig.files('in', state), []);
  t.notOk(existsSync(join(layout.directory('in', 'bad'), 'folder')));
  t.strictSame(rig.files('in', 'held'), [ids.held, `${ids.held}.reason`]);
});

await t.test('reasons without an entry and halves of reasons go when they are old', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const { shunt: id } = await putAside(rig);
  rmSync(join(layout.directory('in', 'shunt'), `${id},c1`));
  const half = rig.write(`in/held/${id}.reason.17.tmp`, 'ha');
  const others = [rig.write(`in/bad/${id}.tmp`, 'ha'), rig.write('in/bad/17.tmp', 'ha')];
  t.strictSame(cull(rig, STALE_TMP_MS - 60_000), [], 'they may be in the making');
  t.strictSame(cull(rig, STALE_TMP_MS + 60_000), [
    `reason held/${id}.reason.17.tmp`,
    `reason shunt/${id},c1.reason`,
  ]);
  t.notOk(existsSync(half));
  for (const path of others) t.ok(existsSync(path), path);
});

await t.test('a journal whose entry is gone goes, one whose entry lies in any state stays', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const record = async (id: string) => {
    const journal = openJournal(rig.spool, 'in', id);
    await journal.append('sent');
    journal.close();
  };
  const moves: Readonly<Record<string, (place: Place) => unknown>> = {
    new: (place) => putBack(layout, place),
    active: () => null,
    done: (place) => commit(layout, place),
    deferred: (place) => defer(layout, place, rig.clock.now() * 1000 + 1e9, true),
    held: (place) => hold(layout, place, 'why'),
    shunt: (place) => shunt(layout, place, 'why'),
    bad: (place) =>
      setAside(
        layout,
        'in',
        { directory: layout.directory('in', 'active'), file: `${place.name.id},c1` },
        'cut off',
      ),
  };
  const ids: Record<string, string> = {};
  for (const [state, move] of Object.entries(moves)) {
    const place = await rig.putActive('in');
    ids[state] = place.name.id;
    await record(place.name.id);
    move(place);
  }
  const orphan = rig.spool.freshId();
  await record(orphan);
  const strange = ['backup', rig.spool.freshId()].map((name) => layout.journal('in', name));
  for (const path of strange) mkdirSync(path);
  strange.push(rig.write('in/journal/README', 'x'));
  t.strictSame([...cullJournals(rig.spool, 'in', true)].map(words), [`journal journal/${orphan}`]);
  t.ok(existsSync(layout.journal('in', orphan)), 'a rehearsal leaves it');
  t.strictSame([...cullJournals(rig.spool, 'in', false)].map(words), [`journal journal/${orphan}`]);
  t.notOk(existsSync(layout.journal('in', orphan)));
  for (const [state, id] of Object.entries(ids)) t.ok(existsSync(layout.journal('in', id)), state);
  for (const path of strange) t.ok(existsSync(path), 'what is no journal stays');
});

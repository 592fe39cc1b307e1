import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import t from 'tap';
import { bucketOf, formatName, newName } from '../../lib/spool/entry-name.ts';
import { openJournal } from '../../lib/spool/journal.ts';
import type { Place } from '../../lib/spool/move.ts';
import * as move from '../../lib/spool/move.ts';
import { type SpoolRig, spoolRig } from '../support/spool-rig.ts';

const REASON = /^\d{4}-\d\d-\d\dT[\d:.]+Z why\n$/;

/** Everything in the queue but its bells and its lock. */
function states(rig: SpoolRig): Record<string, number> {
  const { bell: _, ...counts } = rig.counts();
  return counts;
}

/** What a move must have returned. */
function there(place: Place | null): Place {
  if (!place) throw new Error('the entry was gone');
  return place;
}

await t.test('a claim counts before any work is done', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const id = await rig.put('in', 'hello');
  const place = there(move.claim(layout, rig.placeOf('in', id)));
  t.strictSame(states(rig), { 'in/active': 1 });
  t.strictSame(rig.files('in', 'active'), [`${id},c1`]);
  t.equal((await rig.only('in', 'active')).message, 'hello', 'the file is untouched');

  await t.test('put back, it does not count', async (t) => {
    const back = there(move.putBack(layout, place));
    t.strictSame(rig.files('in', 'new'), [id]);
    t.strictSame(move.claim(layout, back), place);
  });

  await t.test('after a crash it does', async (t) => {
    const back = there(move.recoverToNew(layout, place));
    t.strictSame(rig.files('in', 'new'), [`${id},c1`]);
    const again = there(move.claim(layout, back));
    t.strictSame(rig.files('in', 'active'), [`${id},c2`]);
    move.putBack(layout, again);
    t.strictSame(rig.files('in', 'new'), [`${id},c1`]);
  });
});

await t.test('a commit and the end', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const place = await rig.putActive('in');
  const journal = openJournal(rig.spool, 'in', place.name.id);
  await journal.append('sent');
  journal.close();
  const done = there(move.commit(layout, place));
  t.strictSame(states(rig), { 'in/done': 1, 'in/journal': 1 });
  t.equal(move.finish(layout, done), true);
  t.strictSame(states(rig), {}, 'nothing of it is left, its journal neither');
  t.equal(move.finish(layout, done), false);
});

await t.test('a deferred entry', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const place = await rig.putActive('in');
  const due = (rig.clock.now() + 300_000) * 1000;
  const umask = process.umask(0o077);
  const waiting = there(move.defer(layout, place, due, true));
  process.umask(umask);
  const bucket = join(layout.directory('in', 'deferred'), bucketOf(due));
  t.strictSame(rig.files('in', 'deferred'), [join(bucketOf(due), `${due}-${place.name.id},f1`)]);
  t.equal(dirname(waiting.path), bucket);
  t.equal(statSync(bucket).mode & 0o7777, 0o2770, 'its bucket has its mode whatever the umask');

  const claimed = there(move.claim(layout, waiting));
  t.strictSame(states(rig), { 'in/active': 1 });
  t.strictSame(claimed.name, { ...place.name, claims: 1, failures: 1, due: null });
  t.strictSame(readdirSync(layout.directory('in', 'deferred')), [], 'the empty bucket is removed');

  const again = there(move.defer(layout, claimed, due + 0.25, false));
  t.equal(again.name.failures, 1, 'a wait counts no failure');
  t.equal(again.name.due, due, 'whole microseconds');
  t.strictSame(again.name.claims, 0, 'claims that ended well are forgotten');

  await t.test('a bucket that cannot be removed keeps no entry from its claim', async (t) => {
    const again = there(
      move.defer(layout, there(move.claim(layout, rig.placeOf('in', await rig.put('in')))), due, false),
    );
    // rmdir(2) answers EINVAL for a path that ends with a dot.
    const path = `${dirname(again.path)}/./${formatName(again.name)}`;
    t.equal(there(move.claim(layout, { ...again, path })).state, 'active');
    t.strictSame(readdirSync(layout.directory('in', 'deferred')), [bucketOf(due)]);
  });

  await t.test('a bucket with others in it stays', async (t) => {
    const other = there(move.defer(layout, await rig.putActive('in'), due, false));
    move.claim(layout, other);
    t.strictSame(readdirSync(layout.directory('in', 'deferred')), [bucketOf(due)]);
  });
});

await t.test('held, with the reason beside it', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const held = there(move.hold(layout, await rig.putActive('in'), 'why\n\n'));
  t.strictSame(states(rig), { 'in/held': 1 });
  t.match(rig.reason('in', 'held'), REASON);
  t.equal(statSync(`${held.path}.reason`).mode & 0o777, 0o660);

  const free = there(move.release(layout, held));
  t.strictSame(rig.files('in', 'new'), [`${free.name.id},r`], 'a person looked at it');
  t.strictSame(
    rig.files('in', 'held'),
    [`${held.name.id}.reason`],
    'the reason waits until this is on the disk',
  );
  move.forgetReason(held);
  t.strictSame(rig.files('in', 'held'), []);

  const shunted = there(move.shunt(layout, there(move.claim(layout, free)), 'why'));
  t.strictSame(rig.files('in', 'shunt')[0], `${free.name.id},c1,r`);
  move.release(layout, shunted);
  t.strictSame(rig.files('in', 'new'), [`${free.name.id},r`], 'that it was looked at stays known');
});

await t.test('shunted, with what it went through in its name', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const place = await rig.putActive('in');
  const waiting = there(move.defer(layout, place, rig.clock.now() * 1000, true));
  const shunted = there(move.shunt(layout, there(move.claim(layout, waiting)), 'why'));
  t.strictSame(rig.files('in', 'shunt'), [`${place.name.id},c1,f1`, `${place.name.id},c1,f1.reason`]);
  t.match(rig.reason('in', 'shunt'), REASON);
  const free = there(move.release(layout, shunted));
  move.forgetReason(shunted);
  t.strictSame(free.name, newName(place.name.id), 'released, its counters start again');
  t.strictSame(states(rig), { 'in/new': 1 });

  await t.test('or deleted by a person', async (t) => {
    const again = there(move.shunt(layout, there(move.claim(layout, free)), 'why'));
    t.equal(move.remove(layout, again), true);
    move.forgetReason(again);
    t.strictSame(rig.files('in', 'shunt'), []);
    t.equal(move.remove(layout, again), false);
  });
});

await t.test('held by a person while it waits', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const waiting = there(move.defer(layout, await rig.putActive('in'), rig.clock.now() * 1000 + 1e9, true));
  const held = there(move.hold(layout, waiting, 'why'));
  t.equal(held.name.due, null);
  t.strictSame(states(rig), { 'in/held': 1 });
});

/** A path as a scan would have found it. */
function placed(path: string): { directory: string; file: string } {
  return { directory: dirname(path), file: basename(path) };
}

await t.test('set aside, it gets a name that a person can type', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const directory = layout.directory('in', 'new');
  const names: readonly (readonly [string, string])[] = [
    ['a\nb', 'a%0Ab'],
    ['\xff\xfe', '%FF%FE'],
    ['grün', 'gr%C3%BCn'],
    ['x'.repeat(255), 'x'.repeat(200)],
    ['old.reason', 'old.reason.file'],
  ];
  for (const [name, plain] of names) {
    const bytes = name === 'grün' ? Buffer.from(name) : Buffer.from(name, 'latin1');
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), bytes]), 'x');
    t.equal(move.setAside(layout, 'in', { directory, file: bytes.toString('latin1') }, 'why'), plain);
    t.equal(readFileSync(join(layout.directory('in', 'bad'), plain), 'utf8'), 'x');
  }
  t.strictSame(rig.files('in', 'new'), []);
});

await t.test('set aside, nothing in bad/ is ever replaced', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  for (let n = 0; n < 3; n++) {
    t.equal(
      move.setAside(layout, 'in', placed(rig.write('in/new/x', `try ${n}`)), `why`),
      n === 0 ? 'x' : `x.${n}`,
    );
  }
  const directory = layout.directory('in', 'bad');
  t.strictSame(rig.files('in', 'bad'), ['x', 'x.1', 'x.1.reason', 'x.2', 'x.2.reason', 'x.reason']);
  t.equal(readFileSync(join(directory, 'x.2'), 'utf8'), 'try 2');
  t.match(readFileSync(join(directory, 'x.2.reason'), 'utf8'), REASON);
  mkdirSync(join(layout.directory('in', 'new'), 'x', 'deep'), { recursive: true });
  t.equal(
    move.setAside(layout, 'in', { directory: layout.directory('in', 'new'), file: 'x' }, 'why'),
    'x.3',
    'a directory too',
  );
  t.ok(statSync(join(directory, 'x.3', 'deep')).isDirectory());
  t.equal(
    move.setAside(layout, 'in', { directory: layout.directory('in', 'new'), file: 'gone' }, 'why'),
    null,
  );
  t.notOk(rig.files('in', 'bad').includes('gone.reason'), 'no reason without its file');
});

await t.test('somebody else was quicker', async (t) => {
  using rig = spoolRig();
  const { layout } = rig.spool;
  const place = await rig.putActive('in');
  unlinkSync(place.path);
  t.equal(move.claim(layout, place), null);
  t.equal(move.putBack(layout, place), null);
  t.equal(move.recoverToNew(layout, place), null);
  t.equal(move.commit(layout, place), null);
  t.equal(move.defer(layout, place, 1, true), null);
  t.equal(move.hold(layout, place, 'why'), null);
  t.equal(move.shunt(layout, place, 'why'), null);
  t.equal(move.release(layout, place), null);
  t.equal(move.remove(layout, place), false);
  t.equal(move.removed(place.path), false);
  t.strictSame(states(rig), {});
  t.strictSame([...rig.files('in', 'held'), ...rig.files('in', 'shunt')], [], 'no reason without its entry');

  await t.test('and brought it to the same place: its reason stays', async (t) => {
    const found = rig.placeOf('in', await rig.put('in'));
    t.ok(move.hold(layout, found, 'first'));
    t.equal(move.hold(layout, found, 'second'), null);
    t.match(rig.reason('in', 'held'), /second/);
  });
});

await t.test('a state that is missing is trouble, not somebody quicker', async (t) => {
  const steps: readonly [string, (rig: SpoolRig, place: Place) => unknown][] = [
    ['new', (rig, place) => move.putBack(rig.spool.layout, place)],
    ['done', (rig, place) => move.commit(rig.spool.layout, place)],
    ['deferred', (rig, place) => move.defer(rig.spool.layout, place, 1, true)],
    ['held', (rig, place) => move.hold(rig.spool.layout, place, 'why')],
    ['shunt', (rig, place) => move.shunt(rig.spool.layout, place, 'why')],
    ['bad', (rig, place) => move.setAside(rig.spool.layout, 'in', placed(place.path), 'why')],
  ];
  for (const [state, step] of steps) {
    using rig = spoolRig();
    const place = await rig.putActive('in');
    renameSync(join(rig.root, 'in', state), join(rig.root, 'elsewhere'));
    t.throws(() => step(rig, place), { code: 'ENOENT' }, state);
    t.match(states(rig), { 'in/active': 1 }, 'and the entry is where it was');
  }
  using rig = spoolRig();
  const id = await rig.put('in');
  rmdirSync(join(rig.root, 'in', 'active'));
  t.throws(() => move.claim(rig.spool.layout, rig.placeOf('in', id)), { code: 'ENOENT' });
  t.match(states(rig), { 'in/new': 1 });
});

await t.test('the place of something found is where it lies', async (t) => {
  const name = newName('1795420800123456-9f86d081884c7d659a2f');
  const found = { state: 'new' as const, directory: '/s/in/new', file: formatName(name), name };
  t.strictSame(move.placeOf('in', found, name), {
    queue: 'in',
    state: 'new',
    path: `/s/in/new/${name.id}`,
    name,
  });
});

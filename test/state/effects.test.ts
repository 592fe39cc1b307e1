import { join } from 'node:path';
import t from 'tap';
import { openDatabase } from '../../lib/state/database.ts';
import { EFFECT_LIFE_MS, forgetEffects, once } from '../../lib/state/effects.ts';

const DAY_MS = 86_400_000;

await t.test('an effect', async (t) => {
  const file = join(t.testdir(), 'db');
  const db = await openDatabase(file);
  t.teardown(() => db.close());
  db.run('CREATE TABLE log (word TEXT) STRICT');
  const log = () => db.all('SELECT word FROM log ORDER BY word').map((row) => row.word);
  const write = (word: string) => () => {
    db.run('INSERT INTO log VALUES (?)', word);
    return { word, number: Math.random(), list: [1, null, true] };
  };

  await t.test('happens once for an entry and a kind', async (t) => {
    const first = once(db, 'entry-1', 'join', write('a'));
    t.strictSame(once(db, 'entry-1', 'join', write('b')), first, 'a repeat gets the first result');
    t.strictSame(log(), ['a']);
    once(db, 'entry-1', 'leave', write('c'));
    once(db, 'entry-2', 'join', write('d'));
    t.strictSame(log(), ['a', 'c', 'd'], 'another kind or entry is another effect');

    const later = await openDatabase(file);
    t.teardown(() => later.close());
    t.strictSame(once(later, 'entry-1', 'join', write('e')), first, 'also in another process');
  });

  await t.test('the first result is what JSON makes of it', async (t) => {
    t.strictSame(
      once(db, 'entry-3', 'x', () => ({ not: Number.NaN })),
      { not: null },
    );
    t.equal(
      once(db, 'entry-3', 'y', () => null),
      null,
    );
    t.equal(
      once(db, 'entry-3', 'y', () => 'again'),
      null,
      'null is a result like any other',
    );
  });

  await t.test('when it throws it has not happened', async (t) => {
    const before = log();
    const fail = () =>
      once(db, 'entry-4', 'join', () => {
        write('f')();
        throw new Error('half-way');
      });
    t.throws(fail, { message: 'half-way' });
    t.strictSame(log(), before);
    once(db, 'entry-4', 'join', write('g'));
    t.ok(log().includes('g'), 'the next try runs it');
  });
});

await t.test('effects are forgotten by entry or by age', async (t) => {
  const db = await openDatabase(join(t.testdir(), 'db'));
  t.teardown(() => db.close());
  const now = Date.UTC(2026, 0, 31);
  const record = (entry: string, kind: string, at: number) => once(db, entry, kind, () => at, at);
  const left = () => db.all('SELECT DISTINCT entry FROM effect ORDER BY entry').map((row) => row.entry);
  record('old', 'a', now - EFFECT_LIFE_MS - 1);
  record('edge', 'a', now - EFFECT_LIFE_MS);
  record('young', 'a', now - DAY_MS);
  record('young', 'b', now - DAY_MS);
  record('new', 'a', now);
  t.equal(forgetEffects(db, undefined, now), 1, '30 days by default');
  t.strictSame(left(), ['edge', 'new', 'young']);
  t.equal(forgetEffects(db, ['young', 'never-seen']), 2);
  t.strictSame(left(), ['edge', 'new']);
  t.equal(forgetEffects(db, DAY_MS, now), 1);
  t.strictSame(left(), ['new']);
});

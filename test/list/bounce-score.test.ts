import { join } from 'node:path';
import t from 'tap';
import { bounceHistory, recordBounce, scoreBounce } from '../../lib/list/bounce-score.ts';
import { addMember, findMember, recipients, setMember } from '../../lib/list/roster.ts';
import { type Database, openDatabase } from '../../lib/state/database.ts';
import { once } from '../../lib/state/effects.ts';

const LIST = 'tea@lists.example.org';
const ANN = 'Ann@Example.com';
const DAY_MS = 86_400_000;
const NOON = Date.UTC(2026, 4, 1, 12);
const RULES = { threshold: 3, forgetMs: 7 * DAY_MS };
const REPORT = { status: '5.1.1', diagnostic: '550 5.1.1 no such user' };

let db: Database;
t.beforeEach(async (t) => {
  db = await openDatabase(join(t.testdir(), 'db'));
  addMember(db, LIST, { address: ANN }, NOON);
});
t.afterEach(() => db.close());

const bounceAt = (now: number) => recordBounce(db, LIST, 'ann@example.com', REPORT, now, RULES);

await t.test('the score', async (t) => {
  const midnight = Date.UTC(2026, 4, 2);
  t.strictSame(scoreBounce(null, NOON, DAY_MS), { counted: true, score: { points: 1, lastAt: NOON } });
  const table = [
    { lastAt: NOON, now: NOON + 1, counted: false, points: 4, title: 'the same day' },
    {
      lastAt: midnight - 1,
      now: midnight,
      counted: true,
      points: 5,
      title: 'a day is a calendar day in UTC',
    },
    {
      lastAt: midnight,
      now: midnight + DAY_MS - 1,
      counted: false,
      points: 4,
      title: 'until its last moment',
    },
    { lastAt: NOON, now: NOON + 7 * DAY_MS, counted: true, points: 5, title: 'just remembered' },
    { lastAt: NOON, now: NOON + 7 * DAY_MS + 1, counted: true, points: 1, title: 'forgotten' },
  ];
  for (const { lastAt, now, counted, points, title } of table) {
    const result = scoreBounce({ points: 4, lastAt }, now, 7 * DAY_MS);
    t.strictSame(result, { counted, score: { points, lastAt: now } }, title);
  }
});

await t.test('delivery stops on the day that reaches the threshold', async (t) => {
  t.strictSame(bounceAt(NOON), { outcome: 'counted', score: 1 });
  t.strictSame(bounceAt(NOON + 5), { outcome: 'counted-today', score: 1 });
  t.strictSame(bounceAt(NOON + DAY_MS), { outcome: 'counted', score: 2 });
  t.equal(findMember(db, LIST, ANN)?.delivery, 'enabled');
  t.strictSame(bounceAt(NOON + 2 * DAY_MS), { outcome: 'stopped', score: 3 });
  t.equal(findMember(db, LIST, ANN)?.delivery, 'bouncing');
  t.strictSame(recipients(db, LIST), []);
  t.strictSame(bounceAt(NOON + 3 * DAY_MS), { outcome: 'already-stopped', score: 3 });
});

await t.test('a threshold of one stops at once', async (t) => {
  t.strictSame(recordBounce(db, LIST, ANN, REPORT, NOON, { threshold: 1, forgetMs: 1 }), {
    outcome: 'stopped',
    score: 1,
  });
});

await t.test('an old score starts again', async (t) => {
  bounceAt(NOON);
  t.equal(bounceAt(NOON + DAY_MS).score, 2);
  t.strictSame(bounceAt(NOON + 9 * DAY_MS), { outcome: 'counted', score: 1 });
});

await t.test('enabling delivery resets the score, other changes do not', async (t) => {
  bounceAt(NOON);
  bounceAt(NOON + DAY_MS);
  setMember(db, LIST, ANN, { name: 'Ann' });
  t.strictSame(bounceAt(NOON + 2 * DAY_MS), { outcome: 'stopped', score: 3 });
  setMember(db, LIST, ANN, { delivery: 'enabled' });
  t.strictSame(bounceAt(NOON + 2 * DAY_MS + 5), { outcome: 'counted', score: 1 }, 'also on the same day');
  t.strictSame(recipients(db, LIST), [ANN]);
});

await t.test('a bounce of somebody else changes nothing', async (t) => {
  for (const [list, address] of [
    [LIST, 'bob@example.com'],
    ['coffee@lists.example.org', ANN],
  ] as const) {
    t.strictSame(recordBounce(db, list, address, REPORT, NOON, RULES), { outcome: 'not-a-member', score: 0 });
    t.strictSame(bounceHistory(db, list, address), []);
  }
});

await t.test('a person who disabled delivery keeps his choice', async (t) => {
  setMember(db, LIST, ANN, { delivery: 'disabled' });
  for (let day = 0; day < 5; day += 1) {
    t.strictSame(bounceAt(NOON + day * DAY_MS), { outcome: 'already-stopped', score: 0 });
  }
  t.equal(findMember(db, LIST, ANN)?.delivery, 'disabled');
});

await t.test('the last twenty bounces are kept, the latest first', async (t) => {
  addMember(db, LIST, { address: 'bob@example.com' }, NOON);
  recordBounce(db, LIST, 'bob@example.com', REPORT, NOON, RULES);
  for (let i = 0; i < 25; i += 1) {
    recordBounce(db, LIST, ANN, { status: `5.0.${i}`, diagnostic: 'x'.repeat(i * 100) }, NOON + i, RULES);
  }
  const history = bounceHistory(db, LIST, 'ann@example.com');
  t.equal(history.length, 20);
  t.match(history[0], { at: NOON + 24, status: '5.0.24' });
  t.match(history[19], { at: NOON + 5, status: '5.0.5' });
  t.equal(history[0]?.diagnostic.length, 500, 'a long diagnostic is cut');
  t.strictSame(bounceHistory(db, LIST, 'bob@example.com'), [{ ...REPORT, at: NOON }], 'each member his own');
});

await t.test('a repeat after a crash counts nothing twice', async (t) => {
  const count = () => once(db, 'entry-1', 'bounce', () => bounceAt(NOON));
  t.strictSame(count(), { outcome: 'counted', score: 1 });
  t.strictSame(count(), { outcome: 'counted', score: 1 }, 'the repeat sees the first result');
  t.equal(bounceHistory(db, LIST, ANN).length, 1);
});

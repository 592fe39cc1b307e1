import { join } from 'node:path';
import t from 'tap';
import { addMember, removeMember } from '../../lib/list/roster.ts';
import {
  dropStanding,
  findStanding,
  isNewDay,
  keepStanding,
  listsWithStandings,
  notePost,
  PHASES,
  postsSince,
  type Standing,
  standingsAfter,
} from '../../lib/list/standing.ts';
import { type Database, openDatabase } from '../../lib/state/database.ts';

const LIST = 'tea@lists.example.org';
const ANN = 'ann@example.com';

const standing = (key: string, changes: Partial<Standing> = {}): Standing => ({
  key,
  score: { points: 2.75, day: 20_000, dayPoints: 0.5, hardDay: 19_999, lastAt: 123 },
  phase: 'counting',
  phaseAt: 5,
  warned: 0,
  warnedAt: 0,
  ...changes,
});

let db: Database;
t.beforeEach(async (t) => {
  db = await openDatabase(join(t.testdir(), 'db'));
  for (const address of [ANN, 'ben@example.com', 'cleo@example.com']) addMember(db, LIST, { address }, 0);
});
t.afterEach(() => db.close());

await t.test('kept, changed, found and dropped', async (t) => {
  t.equal(findStanding(db, LIST, ANN), null);
  t.same(listsWithStandings(db), []);
  for (const phase of PHASES) {
    const kept = standing(ANN, { phase, warned: 2, warnedAt: 7 });
    keepStanding(db, LIST, kept);
    t.strictSame(findStanding(db, LIST, 'ANN@example.com'), kept, phase);
  }
  t.same(listsWithStandings(db), [LIST]);
  dropStanding(db, LIST, 'Ann@example.com');
  t.equal(findStanding(db, LIST, ANN), null);
});

await t.test('a new day', async (t) => {
  t.equal(isNewDay(db, LIST, 20_001), false, 'nobody has ever bounced');
  keepStanding(db, LIST, standing(ANN));
  t.equal(isNewDay(db, LIST, 20_000), false, 'somebody has on this day');
  t.equal(isNewDay(db, LIST, 20_001), true);
  t.equal(isNewDay(db, 'coffee@lists.example.org', 20_001), false);
});

await t.test('in pages', async (t) => {
  for (const key of ['cleo@example.com', ANN, 'ben@example.com']) keepStanding(db, LIST, standing(key));
  const first = standingsAfter(db, LIST, '', 2).map(({ key }) => key);
  t.same(first, [ANN, 'ben@example.com']);
  t.same(
    standingsAfter(db, LIST, 'ben@example.com', 2).map(({ key }) => key),
    ['cleo@example.com'],
  );
});

await t.test('gone with the member, and for members only', async (t) => {
  keepStanding(db, LIST, standing(ANN));
  removeMember(db, LIST, ANN);
  t.equal(findStanding(db, LIST, ANN), null);
  t.throws(() => keepStanding(db, LIST, standing(ANN)));
});

await t.test('posts are noted while they matter, each once', async (t) => {
  notePost(db, LIST, 'one', 100);
  t.equal(postsSince(db, LIST, 0), 0, 'nobody has a standing');
  keepStanding(db, LIST, standing(ANN));
  notePost(db, LIST, 'two', 200);
  notePost(db, LIST, 'two', 200);
  notePost(db, LIST, 'three', 300);
  t.equal(postsSince(db, LIST, 199), 2);
  t.equal(postsSince(db, LIST, 200), 1);
  t.equal(postsSince(db, 'coffee@lists.example.org', 0), 0);
  for (let i = 1000; i < 1300; i++) notePost(db, LIST, String(i), i);
  t.equal(postsSince(db, LIST, 0), 200, 'the latest are kept');
});

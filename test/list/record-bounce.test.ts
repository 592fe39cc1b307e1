import { join } from 'node:path';
import t from 'tap';
import { DEFAULT_BOUNCES } from '../../lib/config/bounce-settings.ts';
import { bounceHistory } from '../../lib/list/bounce-history.ts';
import { DAY_MS } from '../../lib/list/bounce-score.ts';
import { memberLog } from '../../lib/list/member-log.ts';
import { createPending } from '../../lib/list/pending.ts';
import { recordBounce, recordProbeBounce } from '../../lib/list/record-bounce.ts';
import { addMember, findMember, removeMember, setMember } from '../../lib/list/roster.ts';
import { findStanding, keepStanding, notePost } from '../../lib/list/standing.ts';
import { type Database, openDatabase } from '../../lib/state/database.ts';
import { once } from '../../lib/state/effects.ts';

const LIST = 'tea@lists.example.org';
const ANN = 'Ann@Example.com';
const NOON = Date.UTC(2026, 4, 1, 12);
const HARD = { class: 'hard', status: '5.1.1', diagnostic: '550 no such user' } as const;

let db: Database;
t.beforeEach(async (t) => {
  db = await openDatabase(join(t.testdir(), 'db'));
  addMember(db, LIST, { address: ANN }, NOON);
});
t.afterEach(() => db.close());

const bounceAt = (now: number, report: Parameters<typeof recordBounce>[3] = HARD, rules = DEFAULT_BOUNCES) =>
  recordBounce(db, LIST, 'ann@example.com', report, now, rules);

await t.test('counted into days; nothing is stopped on the spot', async (t) => {
  t.strictSame(bounceAt(NOON), { outcome: 'counted', score: 1, alarm: null });
  t.strictSame(bounceAt(NOON + 5), { outcome: 'counted-today', score: 1, alarm: null });
  for (let day = 1; day < 8; day++) bounceAt(NOON + day * DAY_MS);
  t.match(findStanding(db, LIST, ANN), { phase: 'counting', score: { points: 8 } });
  t.equal(findMember(db, LIST, ANN)?.delivery, 'enabled');
  t.same(
    memberLog(db, LIST, ANN)
      .slice(0, 4)
      .map(({ event, detail }) => `${event}: ${detail}`),
    [
      'joined: by a person',
      'bounce: hard 5.1.1 550 no such user',
      'counted: 1, the score is 1 of 5',
      'bounce: hard 5.1.1 550 no such user',
    ],
  );
});

await t.test('a content that was refused is noted and counts nothing', async (t) => {
  t.strictSame(bounceAt(NOON, { ...HARD, class: 'policy' }), {
    outcome: 'counted-today',
    score: 0,
    alarm: null,
  });
  t.equal(bounceHistory(db, LIST, ANN).length, 1);
});

await t.test('posts and days must be over for a score to begin again', async (t) => {
  bounceAt(NOON);
  for (let i = 1; i <= 7; i++) notePost(db, LIST, `post${i}`, NOON + i * DAY_MS);
  t.equal(bounceAt(NOON + 13 * DAY_MS).score, 2, 'the days are not over');
  t.equal(bounceAt(NOON + 300 * DAY_MS).score, 3, 'no posts since');
  for (let i = 301; i <= 306; i++) notePost(db, LIST, `post${i}`, NOON + i * DAY_MS);
  t.equal(bounceAt(NOON + 320 * DAY_MS).score, 1);
});

await t.test('a bounce of somebody else changes nothing', async (t) => {
  for (const [list, address] of [
    [LIST, 'bob@example.com'],
    ['coffee@lists.example.org', ANN],
  ] as const) {
    const result = recordBounce(db, list, address, HARD, NOON, DEFAULT_BOUNCES);
    t.strictSame(result, { outcome: 'not-a-member', score: 0, alarm: null });
    t.strictSame(bounceHistory(db, list, address), []);
  }
});

await t.test('a person who disabled delivery keeps his choice', async (t) => {
  setMember(db, LIST, ANN, { delivery: 'disabled' });
  t.match(bounceAt(NOON), { outcome: 'already-stopped', score: 0 });
  t.equal(findMember(db, LIST, ANN)?.delivery, 'disabled');
  t.equal(findStanding(db, LIST, ANN), null);
  t.equal(bounceHistory(db, LIST, ANN).length, 1, 'it is noted');
});

await t.test('enabling delivery begins anew, other changes do not', async (t) => {
  bounceAt(NOON);
  setMember(db, LIST, ANN, { name: 'Ann' });
  t.match(bounceAt(NOON + DAY_MS), { score: 2 });
  setMember(db, LIST, ANN, { delivery: 'enabled' });
  t.match(bounceAt(NOON + DAY_MS + 5), { outcome: 'counted', score: 1 }, 'also on the same day');
});

await t.test('owners who were told are told again of a score that began again', async (t) => {
  bounceAt(NOON);
  const standing = findStanding(db, LIST, ANN);
  if (standing) keepStanding(db, LIST, { ...standing, phase: 'told' });
  bounceAt(NOON + DAY_MS);
  t.match(findStanding(db, LIST, ANN), { phase: 'told', score: { points: 2 } });
  for (let i = 2; i < 9; i++) notePost(db, LIST, `post${i}`, NOON + i * DAY_MS);
  bounceAt(NOON + 30 * DAY_MS);
  t.match(findStanding(db, LIST, ANN), { phase: 'counting', score: { points: 1 } });
});

await t.test('too many members on a day: an alarm, and nothing counts', async (t) => {
  const rules = { ...DEFAULT_BOUNCES, alarmMembers: 3 };
  bounceAt(NOON - DAY_MS, HARD, rules);
  const others = ['b', 'c', 'd', 'e'].map((name) => `${name}@example.com`);
  for (const address of others) addMember(db, LIST, { address }, 0);
  const [b = '', c = '', d = '', e = ''] = others;
  const bounce = (address: string) => recordBounce(db, LIST, address, HARD, NOON, rules);
  t.equal(bounce(ANN).outcome, 'counted');
  t.equal(bounce(b).outcome, 'counted');
  t.strictSame(bounce(c), { outcome: 'alarm', score: 1, alarm: { bounced: 3, members: 5 } });
  t.strictSame(bounce(d), { outcome: 'alarm', score: 0, alarm: null }, 'told once');
  t.strictSame(
    [ANN, b, c, d, e].map((address) => findStanding(db, LIST, address)?.score.points),
    [1, 0, 0, 0, undefined],
    'what the day had counted is taken back',
  );
  t.equal(recordBounce(db, LIST, d, HARD, NOON + DAY_MS, rules).outcome, 'counted', 'the next day counts');
});

/** A probe on its way to Ann. */
function probed(): string {
  bounceAt(NOON);
  const standing = findStanding(db, LIST, ANN);
  if (standing) keepStanding(db, LIST, { ...standing, phase: 'probing', phaseAt: NOON });
  return createPending(db, { kind: 'probe', list: LIST, address: ANN }, 7 * DAY_MS, NOON);
}

const probeBack = (token: string, now: number, kind: 'hard' | 'policy' = 'hard', rules = DEFAULT_BOUNCES) =>
  recordProbeBounce(db, LIST, token, { ...HARD, class: kind }, now, rules);

await t.test('a probe that comes back, once', async (t) => {
  const token = probed();
  t.match(bounceAt(NOON + DAY_MS), { outcome: 'probing', score: 1 }, 'meanwhile nothing is counted');
  t.match(probeBack('a'.repeat(16), NOON + DAY_MS), { outcome: 'probe-over', address: null }, 'guessed');
  t.match(probeBack(token, NOON + DAY_MS, 'policy'), { outcome: 'probe-over' }, 'its content says nothing');
  t.match(probeBack(token.toUpperCase(), NOON + DAY_MS), { outcome: 'probe-bounced', address: ANN });
  t.match(findStanding(db, LIST, ANN), { phase: 'failed', phaseAt: NOON + DAY_MS });
  t.equal(findMember(db, LIST, ANN)?.delivery, 'enabled', 'not before the day is over');
  t.match(probeBack(token, NOON + DAY_MS), { outcome: 'probe-over' });
  t.match(bounceAt(NOON + DAY_MS + 1), { outcome: 'probing' });
  t.equal(memberLog(db, LIST, ANN).filter(({ event }) => event === 'probe-bounced').length, 1);
});

await t.test('a probe that is no longer waited for', async (t) => {
  const late = probed();
  t.match(probeBack(late, NOON + 7 * DAY_MS), { outcome: 'probe-over' }, 'too late');
  const again = probed();
  setMember(db, LIST, ANN, { delivery: 'enabled' });
  t.match(probeBack(again, NOON), { outcome: 'probe-over' }, 'a person has begun anew');
  const gone = probed();
  removeMember(db, LIST, ANN);
  t.match(probeBack(gone, NOON), { outcome: 'probe-over', address: null });
});

await t.test('on a day of the list’s own trouble a probe says nothing', async (t) => {
  const rules = { ...DEFAULT_BOUNCES, alarmMembers: 2, alarmShare: 10 };
  const token = probed();
  addMember(db, LIST, { address: 'b@example.com' }, 0);
  recordBounce(db, LIST, 'b@example.com', HARD, NOON + DAY_MS, rules);
  t.match(probeBack(token, NOON + DAY_MS, 'hard', rules), { outcome: 'alarm', alarm: { bounced: 2 } });
  t.match(findStanding(db, LIST, ANN), { phase: 'counting', score: { points: 1 } });
  const next = probed();
  t.match(probeBack(next, NOON + DAY_MS + 5, 'hard', rules), { outcome: 'alarm', alarm: null });
  t.match(findStanding(db, LIST, ANN), { phase: 'counting' });
});

await t.test('a repeat after a crash counts nothing twice', async (t) => {
  const count = () => once(db, 'entry-1', 'bounce', () => bounceAt(NOON));
  t.match(count(), { outcome: 'counted', score: 1 });
  t.match(count(), { outcome: 'counted', score: 1 }, 'the repeat sees the first result');
  t.equal(bounceHistory(db, LIST, ANN).length, 1);
});

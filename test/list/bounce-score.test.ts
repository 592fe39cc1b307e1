import t from 'tap';
import type { BounceClassName } from '../../lib/config/bounce-settings.ts';
import { DEFAULT_BOUNCES } from '../../lib/config/bounce-settings.ts';
import {
  type BounceScore,
  DAY_MS,
  dayOf,
  isAlarm,
  isDue,
  isForgotten,
  scoreBounce,
  settledPoints,
} from '../../lib/list/bounce-score.ts';

const NOON = Date.UTC(2026, 4, 1, 12);
const TODAY = dayOf(NOON);
const RULES = { ...DEFAULT_BOUNCES, forgetMs: 7 * DAY_MS, forgetPosts: 3 };

const bounce = (at: number, kind: BounceClassName = 'hard') => ({ at, class: kind });
const score = (changes: Partial<BounceScore> = {}): BounceScore => ({
  points: 2,
  day: TODAY - 1,
  dayPoints: 1,
  hardDay: TODAY - 2,
  lastAt: NOON - DAY_MS,
  ...changes,
});

await t.test('the first bounce, by its class', async (t) => {
  const table: [BounceClassName, number, number][] = [
    ['hard', 1, TODAY],
    ['unknown', 1, 0],
    ['soft', 0.5, 0],
    ['full', 0.5, 0],
    ['policy', 0, 0],
  ];
  for (const [kind, points, hardDay] of table) {
    t.strictSame(
      scoreBounce(null, bounce(NOON, kind), 0, RULES),
      { added: points, score: { points, day: TODAY, dayPoints: points, hardDay, lastAt: NOON } },
      kind,
    );
  }
});

await t.test('a day counts its heaviest bounce and no more', async (t) => {
  const soft = scoreBounce(score(), bounce(NOON, 'soft'), 0, RULES);
  t.match(soft, { added: 0.5, score: { points: 2.5, dayPoints: 0.5 } });
  const hard = scoreBounce(soft.score, bounce(NOON + 1), 0, RULES);
  t.match(hard, { added: 0.5, score: { points: 3, dayPoints: 1 } });
  t.match(scoreBounce(hard.score, bounce(NOON + 2), 0, RULES), {
    added: 0,
    score: { points: 3, lastAt: NOON + 2 },
  });
  t.match(scoreBounce(hard.score, bounce(NOON + 3, 'full'), 0, RULES), { added: 0, score: { points: 3 } });
});

await t.test('a day is a day in UTC', async (t) => {
  const midnight = Date.UTC(2026, 4, 2);
  const before = scoreBounce(null, bounce(midnight - 1), 0, RULES).score;
  t.match(scoreBounce(before, bounce(midnight), 0, RULES), { added: 1, score: { points: 2 } });
  const after = scoreBounce(null, bounce(midnight), 0, RULES).score;
  t.match(scoreBounce(after, bounce(midnight + DAY_MS - 1), 0, RULES), { added: 0 }, 'to its last moment');
  t.match(
    scoreBounce(after, bounce(midnight - 1), 0, RULES),
    { added: 0 },
    'what comes too late adds nothing',
  );
});

await t.test('a score is forgotten when both are over, the time and the posts', async (t) => {
  const table: [title: string, days: number, posts: number, forgotten: boolean][] = [
    ['neither', 7, 3, false],
    ['only the time: a list with little mail', 300, 3, false],
    ['only the posts: a list with much', 6.9, 100, false],
    ['both', 7.1, 4, true],
  ];
  for (const [title, days, posts, forgotten] of table) {
    const before = score({ lastAt: NOON - days * DAY_MS });
    t.equal(isForgotten(before, NOON, posts, RULES), forgotten, title);
    t.equal(scoreBounce(before, bounce(NOON), posts, RULES).score.points, forgotten ? 1 : 3, title);
  }
});

await t.test('what weighs nothing neither adds nor keeps a score alive', async (t) => {
  const { added, score: after } = scoreBounce(score(), bounce(NOON, 'policy'), 0, RULES);
  t.strictSame([added, after.points, after.lastAt, after.day], [0, 2, NOON - DAY_MS, TODAY]);
  const light = { ...RULES, weights: { ...RULES.weights, hard: 0 } };
  t.equal(
    scoreBounce(null, bounce(NOON), 0, light).score.hardDay,
    0,
    'a hard one, too, when it weighs nothing',
  );
});

await t.test('sums stay what they are', async (t) => {
  const rules = { ...RULES, weights: { ...RULES.weights, soft: 0.1 } };
  let sum: BounceScore | null = null;
  for (let day = 0; day < 10; day++)
    sum = scoreBounce(sum, bounce(NOON + day * DAY_MS, 'soft'), 0, rules).score;
  t.equal(sum?.points, 1);
});

await t.test('only days that are over lead to something', async (t) => {
  const today = score({ points: 5, day: TODAY, hardDay: TODAY });
  t.equal(settledPoints(today, TODAY), 4);
  t.equal(settledPoints(today, TODAY + 1), 5);
  t.equal(isDue(today, TODAY, RULES), false);
  t.equal(isDue(today, TODAY + 1, RULES), true);
  t.equal(isDue(score({ points: 4.99 }), TODAY, RULES), false, 'below the threshold');
});

await t.test('after the first hard bounce, if so set', async (t) => {
  const rules = { ...RULES, probe: 'first-hard' as const };
  const first = scoreBounce(null, bounce(NOON), 0, rules).score;
  t.equal(isDue(first, TODAY, rules), false, 'not on its day');
  t.equal(isDue(first, TODAY + 1, rules), true);
  t.equal(isDue(first, TODAY + 1, RULES), false, 'not when probes wait for the threshold');
  t.equal(isDue(first, TODAY + 1, { ...rules, action: 'notify' }), false, 'not when nothing is done anyway');
  const soft = scoreBounce(null, bounce(NOON, 'soft'), 0, rules).score;
  t.equal(isDue(soft, TODAY + 1, rules), false, 'not after a soft one');
  const later = scoreBounce(soft, bounce(NOON + DAY_MS), 0, rules).score;
  t.equal(isDue(later, TODAY + 2, rules), true, 'but after a hard one behind it');
});

await t.test('the list’s own trouble is many and a large part', async (t) => {
  const rules = { alarmShare: 30, alarmMembers: 10 };
  t.equal(isAlarm(30, 100, rules), true);
  t.equal(isAlarm(29, 100, rules), false, 'too small a part');
  t.equal(isAlarm(9, 9, rules), false, 'too few');
  t.equal(isAlarm(10, 33, rules), true);
});

import { join } from 'node:path';
import t from 'tap';
import { type BounceSettings, DEFAULT_BOUNCES } from '../../lib/config/bounce-settings.ts';
import { DAY_MS } from '../../lib/list/bounce-score.ts';
import { judgeBounces, type Step } from '../../lib/list/judge-bounces.ts';
import { memberLog } from '../../lib/list/member-log.ts';
import { CONFIRMED_KINDS, takePending } from '../../lib/list/pending.ts';
import { recordBounce, recordProbeBounce } from '../../lib/list/record-bounce.ts';
import { addMember, findMember, setMember } from '../../lib/list/roster.ts';
import { findStanding, notePost } from '../../lib/list/standing.ts';
import { type Database, openDatabase } from '../../lib/state/database.ts';

const LIST = 'tea@lists.example.org';
const ANN = 'ann@example.com';
/** Eight in the morning: posts come then, orders at noon. */
const START = Date.UTC(2026, 0, 1, 8);
const HARD = { class: 'hard', status: '5.1.1', diagnostic: '550 no such user' } as const;

let db: Database;
t.beforeEach(async (t) => {
  db = await openDatabase(join(t.testdir(), 'db'));
  addMember(db, LIST, { address: ANN }, START);
});
t.afterEach(() => db.close());

type Rules = Partial<BounceSettings> & { readonly canProbe?: boolean };

const rulesOf = ({ canProbe = true, ...changes }: Rules) => {
  const bounces = { ...DEFAULT_BOUNCES, ...changes };
  return { bounces, probeLifeMs: bounces.probeLifeMs, canProbe };
};
const at = (day: number, hour = 8) => START + day * DAY_MS + (hour - 8) * 3_600_000;
const bounce = (day: number, rules: Rules = {}, address = ANN, kind: 'hard' | 'soft' = 'hard') =>
  recordBounce(db, LIST, address, { ...HARD, class: kind }, at(day), { ...DEFAULT_BOUNCES, ...rules });
const judge = (day: number, rules: Rules = {}, limit?: number) =>
  judgeBounces(db, LIST, rulesOf(rules), at(day, 12), limit);
const kinds = (steps: readonly Step[]) => steps.map(({ kind, address }) => `${kind} ${address}`);
const events = (address = ANN) => memberLog(db, LIST, address).map(({ event }) => event);

/** A list over some days: what is posted, who bounces, and an order every day. What was done, by day. */
function simulate(
  days: number,
  rules: Rules,
  { post, dead }: { post: (day: number) => boolean; dead: (day: number) => boolean },
): Record<number, string> {
  const done: Record<number, string> = {};
  let probe: { token: string; day: number } | null = null;
  for (let day = 0; day < days; day++) {
    if (post(day) && findMember(db, LIST, ANN)?.delivery === 'enabled') {
      notePost(db, LIST, `post${String(day).padStart(5, '0')}`, at(day));
      if (dead(day)) recordBounce(db, LIST, ANN, HARD, at(day) + 60_000, rulesOf(rules).bounces);
    }
    // A probe comes back some hours after it was sent, or never.
    if (probe !== null && dead(probe.day)) {
      recordProbeBounce(db, LIST, probe.token, HARD, at(day, 10), rulesOf(rules).bounces);
    }
    probe = null;
    for (const step of judge(day, rules).steps) {
      done[day] = step.kind;
      if (step.kind === 'probe') probe = { token: step.token, day };
    }
  }
  return done;
}

const monthly = (day: number) => day % 30 === 0;
const daily = () => true;
const always = () => true;

await t.test('a list with a post a month', async (t) => {
  await t.test('a dead member, a probe at the threshold: within five posts', async (t) => {
    const done = simulate(200, {}, { post: monthly, dead: always });
    t.same(done, { 121: 'probe', 123: 'stopped', 130: 'warned', 137: 'warned', 144: 'removed' });
  });

  await t.test('a dead member, a probe after the first bounce: within days', async (t) => {
    addMember(db, LIST, { address: ANN }, START);
    const done = simulate(60, { probe: 'first-hard' }, { post: monthly, dead: always });
    t.same(done, { 1: 'probe', 3: 'stopped', 10: 'warned', 17: 'warned', 24: 'removed' });
  });

  await t.test('a dead member, no probes', async (t) => {
    addMember(db, LIST, { address: ANN }, START);
    const done = simulate(140, { probe: 'never', warnings: 0 }, { post: monthly, dead: always });
    t.same(done, { 121: 'stopped', 128: 'removed' });
  });
});

await t.test('one odd bounce of a member who is there', async (t) => {
  const odd = { post: monthly, dead: (day: number) => day === 60 };
  for (const probe of ['never', 'threshold'] as const) {
    await t.test(`probes: ${probe}`, async (t) => {
      const done = simulate(400, { probe }, odd);
      t.same(Object.values(done), ['forgotten']);
      t.equal(done[240], 'forgotten', 'after five more posts, and one that might still bounce');
      t.match(findMember(db, LIST, ANN), { delivery: 'enabled' });
    });
  }
  await t.test('probes: first-hard', async (t) => {
    const done = simulate(400, { probe: 'first-hard' }, odd);
    t.same(done, { 61: 'probe', 68: 'passed' });
    t.match(findMember(db, LIST, ANN), { delivery: 'enabled' });
    t.same(events().slice(-2), ['probe-sent', 'probe-passed']);
  });
});

await t.test('a list with a post a day', async (t) => {
  await t.test('a dead member', async (t) => {
    t.same(simulate(40, {}, { post: daily, dead: always }), {
      5: 'probe',
      7: 'stopped',
      14: 'warned',
      21: 'warned',
      28: 'removed',
    });
    t.equal(findMember(db, LIST, ANN), null);
  });
  await t.test('two days of trouble at his server', async (t) => {
    addMember(db, LIST, { address: ANN }, START);
    const done = simulate(60, {}, { post: daily, dead: (day) => day === 3 || day === 4 });
    t.same(done, { 18: 'forgotten' });
    t.match(findMember(db, LIST, ANN), { delivery: 'enabled' });
  });
});

await t.test('what today has counted waits until it is over', async (t) => {
  for (let day = 0; day < 5; day++) bounce(day);
  t.same(judge(4).steps, []);
  const [step, ...more] = judge(5).steps;
  t.equal(more.length, 0);
  t.match(step, {
    kind: 'probe',
    address: ANN,
    token: /^[a-z2-7]{16}$/,
    diagnostic: '5.1.1 550 no such user',
  });
  t.same(judge(5).steps, [], 'once');
});

await t.test('the owners decide', async (t) => {
  const rules = { action: 'notify' as const, probe: 'first-hard' as const, threshold: 2 };
  bounce(0, rules);
  t.same(judge(1, rules).steps, [], 'not after the first');
  bounce(1, rules);
  bounce(2, rules);
  t.same(kinds(judge(3, rules).steps), [`told ${ANN}`]);
  bounce(4, rules);
  t.same(judge(5, rules).steps, [], 'told once');
  t.match(findMember(db, LIST, ANN), { delivery: 'enabled' });
  for (let i = 5; i < 12; i++) notePost(db, LIST, `post${i}`, at(i));
  t.same(kinds(judge(40, rules).steps), [`forgotten ${ANN}`], 'and forgotten, as all are');
});

await t.test('a list whose name leaves no room for probes stops at the threshold', async (t) => {
  const rules = { canProbe: false, probe: 'first-hard' as const };
  bounce(0, rules);
  t.same(judge(1, rules).steps, []);
  for (let day = 1; day < 5; day++) bounce(day, rules);
  t.match(judge(5, rules).steps, [{ kind: 'stopped', probed: false }]);
});

/** Ann stopped on day 5, without a probe. */
function stopped(rules: Rules = {}) {
  for (let day = 0; day < 5; day++) bounce(day, rules);
  const [step] = judge(5, { probe: 'never', ...rules }).steps;
  if (step?.kind !== 'stopped') throw new Error('not stopped');
  return step;
}

await t.test('warnings, each with a token of its own', async (t) => {
  const { warning } = stopped();
  t.match(warning, { number: 1, of: 3, nextAt: at(12, 12) });
  t.match(findMember(db, LIST, ANN), { delivery: 'bouncing' });
  t.same(judge(11).steps, []);
  const [second] = judge(12).steps;
  const [third] = judge(19).steps;
  if (second?.kind !== 'warned' || third?.kind !== 'warned') throw new Error('not warned');
  t.match([second.warning, third.warning], [{ number: 2 }, { number: 3, nextAt: at(26, 12) }]);
  t.equal(
    takePending(db, second.warning.token, at(19), CONFIRMED_KINDS),
    null,
    'an earlier one is worthless',
  );
  t.match(takePending(db, third.warning.token, at(25), CONFIRMED_KINDS), { kind: 'enable', address: ANN });
  t.same(kinds(judge(26).steps), [`removed ${ANN}`]);
  t.same(events().slice(-5), ['disabled', 'warned', 'warned', 'warned', 'removed']);
  t.match(memberLog(db, LIST, ANN).at(-1), { detail: 'after 3 warnings' });
});

await t.test('who is not to be removed stays, and is not warned for ever', async (t) => {
  const rules = { remove: false, warnings: 1 };
  t.match(stopped(rules).warning, { number: 1, of: 1, nextAt: null });
  for (const day of [12, 100, 1000]) t.same(judge(day, rules).steps, [], String(day));
  t.match(findMember(db, LIST, ANN), { delivery: 'bouncing' });
});

await t.test('a person who steps in ends it', async (t) => {
  stopped();
  setMember(db, LIST, ANN, { delivery: 'enabled' });
  t.same(judge(12).steps, []);
  t.equal(findStanding(db, LIST, ANN), null);
  stopped();
  setMember(db, LIST, ANN, { delivery: 'disabled' });
  t.same(judge(40).steps, []);
  t.match(findMember(db, LIST, ANN), { delivery: 'disabled' });
});

await t.test('who was stopped before there were warnings is warned before he is removed', async (t) => {
  for (const warnings of [1, 0]) {
    setMember(db, LIST, ANN, { delivery: 'enabled' });
    stopped({ warnings: 0 });
    db.run('UPDATE standing SET warned_at = 0');
    t.same(kinds(judge(100, { warnings }).steps), warnings === 1 ? [`warned ${ANN}`] : []);
    t.same(judge(106, { warnings }).steps, []);
    t.same(kinds(judge(107, { warnings }).steps), [`removed ${ANN}`]);
    addMember(db, LIST, { address: ANN }, START);
  }
});

await t.test('soft bounces weigh half', async (t) => {
  for (let day = 0; day < 9; day++) bounce(day, {}, ANN, 'soft');
  t.same(judge(9).steps, []);
  bounce(9, {}, ANN, 'soft');
  t.same(kinds(judge(10).steps), [`probe ${ANN}`]);
});

await t.test('a hundred members, and the list’s own trouble', async (t) => {
  const rules = { probe: 'never' as const };
  const members = Array.from({ length: 99 }, (_, i) => `m${String(i).padStart(2, '0')}@example.com`);
  for (const address of members) addMember(db, LIST, { address }, START);
  // Ann and some others are one bounce short of the threshold.
  const close = [ANN, ...members.slice(0, 19)];
  for (const address of close) for (let day = 0; day < 4; day++) bounce(day, rules, address);
  t.equal(db.all('SELECT 1 AS one FROM bounce_alarm').length, 0, '20 of 100 are no alarm');
  const results = [ANN, ...members].slice(0, 60).map((address) => bounce(4, rules, address));
  t.equal(results.filter(({ alarm }) => alarm !== null).length, 1, 'one alarm');
  t.match(results[29], { outcome: 'alarm', alarm: { bounced: 30, members: 100 } });
  t.same(judge(5, rules).steps, [], 'nobody is stopped');
  t.match(findStanding(db, LIST, ANN), { score: { points: 4 } }, 'earlier days still count');
  t.equal(findStanding(db, LIST, 'm50@example.com'), null, 'who had bounced on that day only is as before');
  t.equal(
    [ANN, ...members].filter((address) => findMember(db, LIST, address)?.delivery !== 'enabled').length,
    0,
  );
  t.equal(bounce(5, rules).outcome, 'counted', 'the next day counts');
  t.same(kinds(judge(6, rules).steps), [`stopped ${ANN}`]);
});

await t.test('much to do is done in several calls', async (t) => {
  const members = Array.from({ length: 7 }, (_, i) => `m${i}@example.com`);
  for (const address of members) {
    addMember(db, LIST, { address }, START);
    for (let day = 0; day < 5; day++) bounce(day, {}, address);
  }
  const done: string[] = [];
  for (const more of [true, true, false]) {
    const judgment = judge(6, {}, 3);
    t.equal(judgment.more, more);
    done.push(...kinds(judgment.steps));
  }
  t.same(
    done,
    members.map((address) => `probe ${address}`),
  );
});

await t.test('alarms are forgotten after a month', async (t) => {
  db.run('INSERT INTO bounce_alarm (list, day, members, at) VALUES (?, 1, 1, 1)', LIST);
  judge(0);
  t.same(db.all('SELECT 1 AS one FROM bounce_alarm'), []);
});

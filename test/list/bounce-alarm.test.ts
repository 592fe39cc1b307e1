import { join } from 'node:path';
import t from 'tap';
import { isAlarmed, raiseAlarm } from '../../lib/list/bounce-alarm.ts';
import { DAY_MS } from '../../lib/list/bounce-score.ts';
import { memberLog } from '../../lib/list/member-log.ts';
import { addMember } from '../../lib/list/roster.ts';
import { findStanding, keepStanding, type Phase } from '../../lib/list/standing.ts';
import { openDatabase } from '../../lib/state/database.ts';

const LIST = 'tea@lists.example.org';
const TODAY = 20_000;
const NOW = TODAY * DAY_MS + 1000;
const RULES = { alarmShare: 30, alarmMembers: 3 };

await t.test('raised once a day, and the day is taken back', async (t) => {
  const db = await openDatabase(join(t.testdir(), 'db'));
  t.teardown(() => db.close());
  const bounced = (name: string, day: number, dayPoints: number, phase: Phase = 'counting') => {
    addMember(db, LIST, { address: name }, 0);
    const score = { points: 3, day, dayPoints, hardDay: dayPoints > 0 ? day : 0, lastAt: NOW };
    keepStanding(db, LIST, { key: name, score, phase, phaseAt: NOW, warned: 0, warnedAt: 0 });
  };
  for (let i = 0; i < 6; i++) addMember(db, LIST, { address: `quiet${i}@x.example` }, 0);
  bounced('a@x.example', TODAY, 1);
  bounced('b@x.example', TODAY, 0, 'failed');
  bounced('old@x.example', TODAY - 1, 1);
  t.equal(raiseAlarm(db, LIST, TODAY, NOW, RULES), null, 'two are not enough');
  bounced('c@x.example', TODAY, 0);
  t.strictSame(raiseAlarm(db, LIST, TODAY, NOW, RULES), { bounced: 3, members: 10 });
  t.equal(raiseAlarm(db, LIST, TODAY, NOW, RULES), null, 'only once');
  t.equal(isAlarmed(db, LIST, TODAY), true);
  t.equal(isAlarmed(db, LIST, TODAY + 1), false);
  t.equal(isAlarmed(db, 'coffee@lists.example.org', TODAY), false);

  t.match(findStanding(db, LIST, 'a@x.example'), { score: { points: 2, dayPoints: 0, hardDay: 0 } });
  t.match(
    findStanding(db, LIST, 'b@x.example'),
    { phase: 'counting', score: { points: 3 } },
    'its probe counts not',
  );
  t.match(findStanding(db, LIST, 'c@x.example'), { score: { points: 3 } });
  t.match(findStanding(db, LIST, 'old@x.example'), { score: { points: 3, dayPoints: 1 } }, 'other days stay');
  const told = ['a', 'b', 'c', 'old'].map((name) => memberLog(db, LIST, `${name}@x.example`).at(-1)?.event);
  t.same(told, ['alarm', 'alarm', 'joined', 'joined']);
});

await t.test('many of a very large list are no alarm', async (t) => {
  const db = await openDatabase(join(t.testdir(), 'db'));
  t.teardown(() => db.close());
  for (let i = 0; i < 20; i++) addMember(db, LIST, { address: `m${i}@x.example` }, 0);
  for (let i = 0; i < 5; i++) {
    const score = { points: 1, day: TODAY, dayPoints: 1, hardDay: TODAY, lastAt: NOW };
    keepStanding(db, LIST, {
      key: `m${i}@x.example`,
      score,
      phase: 'counting',
      phaseAt: 0,
      warned: 0,
      warnedAt: 0,
    });
  }
  t.equal(raiseAlarm(db, LIST, TODAY, NOW, RULES), null);
  t.match(findStanding(db, LIST, 'm0@x.example'), { score: { points: 1 } });
});

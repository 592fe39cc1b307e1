import t from 'tap';
import { afterFailure, isGivenUp, putOff } from '../../lib/deliver/attempts.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const RULES = { firstMs: 5 * MINUTE, maxMs: 240 * MINUTE, giveUpMs: 5 * DAY };
const NOW = 1_000 * DAY;
const failed = { reply: '450 later' };

await t.test('his own failures wait by the table, each longer', async (t) => {
  let attempt = afterFailure(undefined, failed, NOW, 0, RULES);
  t.same(attempt, {
    failures: 1,
    firstFailedAt: NOW,
    lastAt: NOW,
    dueAt: NOW + 5 * MINUTE,
    reply: '450 later',
  });
  const waits: number[] = [];
  for (let round = 0; round < 8; round++) {
    const now = attempt.dueAt;
    attempt = afterFailure(attempt, failed, now, 0, RULES);
    waits.push((attempt.dueAt - now) / MINUTE);
  }
  t.same(waits, [10, 20, 40, 80, 160, 240, 240, 240]);
});

await t.test('a destination out of reach is not his failure, but time goes on', async (t) => {
  const attempt = afterFailure(undefined, { reply: 'dead', retryAt: NOW + MINUTE }, NOW, 0, RULES);
  t.match(attempt, { failures: 0, firstFailedAt: NOW, dueAt: NOW + MINUTE });
  const later = afterFailure(attempt, failed, NOW + MINUTE, 0, RULES);
  t.match(later, { failures: 1, firstFailedAt: NOW, dueAt: NOW + 6 * MINUTE });
});

await t.test('the last attempt is made at the end of the time, then he is given up', async (t) => {
  const before = { failures: 40, firstFailedAt: NOW, lastAt: NOW, dueAt: 0, reply: '' };
  const near = afterFailure(before, failed, NOW + 5 * DAY - MINUTE, 0.5, RULES);
  t.equal(near.dueAt, NOW + 5 * DAY);
  t.notOk(isGivenUp(near, RULES));
  const last = afterFailure(near, failed, near.dueAt, 0.5, RULES);
  t.ok(isGivenUp(last, RULES));
  t.equal(last.dueAt, near.dueAt, 'not in the past, and not later');
});

await t.test('who was put off has not failed, and is not given up for it', async (t) => {
  const fresh = putOff(undefined, NOW + DAY, 'held', NOW);
  t.same(fresh, { failures: 0, firstFailedAt: null, lastAt: NOW, dueAt: NOW + DAY, reply: 'held' });
  t.notOk(isGivenUp(putOff(fresh, NOW + 30 * DAY, 'held', NOW + 20 * DAY), RULES));
  const tried = afterFailure(undefined, failed, NOW, 0, RULES);
  const held = putOff(tried, NOW + 30 * DAY, 'held', NOW + 10 * DAY);
  t.match(held, { failures: 1, firstFailedAt: NOW, lastAt: NOW });
  t.notOk(isGivenUp(held, RULES));
});

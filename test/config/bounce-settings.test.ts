import t from 'tap';
import {
  BOUNCE_ACTIONS,
  BOUNCE_CLASSES,
  COMPLAINT_ACTIONS,
  DEFAULT_BOUNCES,
  PROBE_TIMES,
  UNRECOGNISED_PLACES,
} from '../../lib/config/bounce-settings.ts';

await t.test('the defaults are of the words there are', async (t) => {
  t.ok(BOUNCE_ACTIONS.includes(DEFAULT_BOUNCES.action));
  t.ok(PROBE_TIMES.includes(DEFAULT_BOUNCES.probe));
  t.ok(COMPLAINT_ACTIONS.includes(DEFAULT_BOUNCES.complaints));
  t.ok(UNRECOGNISED_PLACES.includes(DEFAULT_BOUNCES.unrecognised));
  t.same(Object.keys(DEFAULT_BOUNCES.weights).sort(), [...BOUNCE_CLASSES].sort());
});

await t.test('a refused content says nothing about the member', async (t) => {
  t.equal(DEFAULT_BOUNCES.weights.policy, 0);
  t.equal(DEFAULT_BOUNCES.weights.hard, 1);
});

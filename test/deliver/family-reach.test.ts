import t from 'tap';
import { familyReach } from '../../lib/deliver/family-reach.ts';

const SIX = '2001:db8::1';
const FOUR = '192.0.2.1';
const both = [SIX, FOUR, '2001:db8::2', '192.0.2.2'];

await t.test('nothing is known', async (t) => {
  t.same(familyReach().likelyFirst(both), both);
});

await t.test('a family that failed, and one that worked', async (t) => {
  const reach = familyReach();
  reach.note(SIX, false);
  const sixLast = [FOUR, '192.0.2.2', SIX, '2001:db8::2'];
  t.same(reach.likelyFirst(both), sixLast);
  reach.note(FOUR, true);
  reach.note(FOUR, false);
  t.same(reach.likelyFirst(both), sixLast, 'one host that is down says nothing of a network that works');
  reach.note('2001:db8::2', true);
  t.same(reach.likelyFirst(both), both);
});

await t.test('neither works', async (t) => {
  const reach = familyReach();
  for (const address of [SIX, FOUR]) reach.note(address, false);
  t.same(reach.likelyFirst(both), both);
});

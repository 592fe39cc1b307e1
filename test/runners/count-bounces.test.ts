import t from 'tap';
import { findMember } from '../../lib/list/roster.ts';
import { findStanding } from '../../lib/list/standing.ts';
import { countBounces, countProbe } from '../../lib/runners/count-bounces.ts';
import { judgeOrder } from '../../lib/runners/judge-list.ts';
import { entryOf, messageOf, NOON, outputsOf, servicesOf } from '../support/runner-rig.ts';
import { listSettings } from '../support/settings.ts';

const LIST = 'friends@example.org';
const HARD = { status: null, diagnostic: null, class: 'hard' } as const;
const entryOfBounce = (index: number) =>
  entryOf(
    'Subject: failed\n\n',
    { role: 'bounces', sender: '' },
    { id: `${NOON * 1000}-${String(index).padStart(20, '0')}`, queue: 'bounces' },
  );

await t.test('a hundred members on one day: one alarm, and nobody is counted', async (t) => {
  const members = Array.from({ length: 100 }, (_, i) => `m${i}@example.com`);
  const services = await servicesOf(t, {}, members);
  const list = listSettings();
  const notices: string[] = [];
  for (const [index, address] of members.entries()) {
    const entry = entryOfBounce(index);
    const verdict = await countBounces(services, list, entry, [{ ...HARD, address }]);
    t.same(
      await countBounces(services, list, entry, [{ ...HARD, address }]),
      verdict,
      'a repeat says the same',
    );
    for (const output of outputsOf(verdict)) notices.push(await messageOf(entry, output));
  }
  t.equal(notices.length, 1);
  t.match(notices[0], /^To: olga@example\.org\r\nSubject: Mail of friends comes back from many members\r$/m);
  t.match(notices[0]?.replace(/\s+/g, ' '), 'came back from 30 of 100 members');
  t.same(
    members.filter((address) => (findStanding(services.db, LIST, address)?.score.points ?? 0) > 0),
    [],
  );
  t.same(
    members.filter((address) => findMember(services.db, LIST, address)?.delivery !== 'enabled'),
    [],
  );
});

await t.test('the first bounce of a day orders that the days before are judged', async (t) => {
  const services = await servicesOf(t, {}, ['ann@example.org', 'ben@example.org']);
  const bounce = async (index: number, address: string, day: number) => {
    const entry = { ...entryOfBounce(index), receivedAt: NOON + day * 86_400_000 };
    const verdict = await countBounces(services, listSettings(), entry, [{ ...HARD, address }]);
    t.same(await countBounces(services, listSettings(), entry, [{ ...HARD, address }]), verdict);
    return outputsOf(verdict);
  };
  t.same(await bounce(1, 'ann@example.org', 0), [], 'there are none before');
  t.same(await bounce(2, 'ben@example.org', 0), []);
  t.match(await bounce(3, 'ben@example.org', 1), [{ queue: 'bounces', meta: judgeOrder(LIST).meta }]);
  t.same(await bounce(4, 'ann@example.org', 1), [], 'once a day');
});

await t.test('what a report leaves out', async (t) => {
  const services = await servicesOf(t, {}, ['ann@example.org']);
  const verdict = await countBounces(services, listSettings(), entryOfBounce(1), [
    { ...HARD, address: 'ann@example.org' },
  ]);
  t.match(verdict, { kind: 'done', outputs: [], note: 'counted ann@example.org' });
  const probe = await countProbe(services, listSettings(), entryOfBounce(2), 'a'.repeat(16), null);
  t.match(probe, { kind: 'done', outputs: [], note: 'probe-over of nobody' });
});

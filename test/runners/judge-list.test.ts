import t from 'tap';
import { DEFAULT_BOUNCES } from '../../lib/config/bounce-settings.ts';
import { createPending, takePending } from '../../lib/list/pending.ts';
import { findMember } from '../../lib/list/roster.ts';
import { findStanding, keepStanding } from '../../lib/list/standing.ts';
import { judgeList, judgeOrder } from '../../lib/runners/judge-list.ts';
import { SAME_MESSAGE } from '../../lib/spool/entry.ts';
import { entryOf, messageOf, NOON, outputsOf, servicesOf } from '../support/runner-rig.ts';

const LIST = 'friends@example.org';
const ANN = 'ann@example.org';
const DAY = 86_400_000;

const order = (day = 0, hash = '00112233445566778899') => {
  const { meta, message } = judgeOrder(LIST);
  const at = NOON + day * DAY;
  return entryOf(message, meta, { id: `${at * 1000}-${hash}`, receivedAt: at, queue: 'bounces' });
};

const due = (key: string) =>
  ({
    key,
    score: { points: 5, day: 1, dayPoints: 0, hardDay: 1, lastAt: NOON - DAY },
    phase: 'counting',
    phaseAt: 0,
    warned: 0,
    warnedAt: 0,
  }) as const;

await t.test('a repeat gives the same mails with the same tokens', async (t) => {
  const services = await servicesOf(t, {}, [ANN]);
  keepStanding(services.db, LIST, due(ANN));
  const entry = order();
  const first = await judgeList(services, entry);
  t.same(await judgeList(services, entry), first);
  const [probe, ...more] = outputsOf(first);
  t.equal(more.length, 0);
  t.match(probe, { queue: 'virgin', meta: { recipients: [ANN], verp: false, role: null } });
  const token =
    /^friends-bounces\+probe-([a-z2-7]{16})@example\.org$/.exec(probe?.meta.sender ?? '')?.[1] ?? '';
  t.match(
    await messageOf(entry, probe),
    /^To: ann@example\.org\r\nSubject: friends: do you get our mail\?\r$/m,
  );
  t.match(takePending(services.db, token, NOON, ['probe']), { address: ANN });
});

await t.test('a second order finds nothing left', async (t) => {
  const services = await servicesOf(t, {}, [ANN]);
  keepStanding(services.db, LIST, due(ANN));
  await judgeList(services, order());
  const second = await judgeList(services, order(0, 'ffffffffffffffffffff'));
  t.match(second, { kind: 'done', outputs: [], note: 'nothing to decide' });
});

await t.test('stopped: a warning with the null sender, and the owners are told', async (t) => {
  const services = await servicesOf(t, { list: { bounces: { ...DEFAULT_BOUNCES, probe: 'never' } } }, [ANN]);
  keepStanding(services.db, LIST, due(ANN));
  const entry = order();
  const [warning, told, ...more] = outputsOf(await judgeList(services, entry));
  t.equal(more.length, 0);
  t.match(warning, { queue: 'virgin', meta: { sender: '', recipients: [ANN] } });
  t.match(
    await messageOf(entry, warning),
    /^From: Friends of tea\r\n <friends-confirm\+[a-z2-7]{32}@example\.org>\r$/m,
  );
  t.match(told, { queue: 'virgin', meta: { sender: '', recipients: ['olga@example.org'] } });
  t.match(findMember(services.db, LIST, ANN), { delivery: 'bouncing' });
});

await t.test('a probe lives no shorter than our own server tries', async (t) => {
  const list = { retry: { firstMs: 1, maxMs: 1, giveUpMs: 9 * DAY, warnMs: null } };
  const services = await servicesOf(t, { list }, [ANN]);
  keepStanding(services.db, LIST, { ...due(ANN), phase: 'probing', phaseAt: NOON });
  createPending(services.db, { kind: 'probe', list: LIST, address: ANN }, DAY, NOON);
  t.match(await judgeList(services, order(9)), { note: 'nothing to decide' });
  t.match(await judgeList(services, order(10)), { note: `passed ${ANN}`, outputs: [] });
  t.equal(findStanding(services.db, LIST, ANN), null);
});

await t.test('what is too much for one order is left to another', async (t) => {
  const members = Array.from({ length: 130 }, (_, i) => `m${String(i).padStart(3, '0')}@example.com`);
  const services = await servicesOf(t, {}, members);
  for (const address of members) keepStanding(services.db, LIST, due(address));
  const first = outputsOf(await judgeList(services, order()));
  t.equal(first.length, 101);
  const next = first.at(-1);
  t.match(next, { queue: 'bounces', meta: { ...judgeOrder(LIST).meta }, message: SAME_MESSAGE });
  t.equal(outputsOf(await judgeList(services, order(0, 'ffffffffffffffffffff'))).length, 30);
});

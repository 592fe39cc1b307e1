import t from 'tap';
import { parseMime } from '../../lib/mail/parse-mime.ts';
import { delayNotice } from '../../lib/runners/delay-notice.ts';
import type { Attempt } from '../../lib/spool/entry.ts';
import { entryOf, messageOf, NOON, servicesOf } from '../support/runner-rig.ts';

const HOUR = 3_600_000;
const WARN = { firstMs: 300_000, maxMs: HOUR, giveUpMs: 120 * HOUR, warnMs: 4 * HOUR };
const POST = { sender: 'friends-bounces@example.org' };

const since = (firstFailedAt: number | null): Attempt => ({
  failures: 3,
  firstFailedAt,
  lastAt: NOON,
  dueAt: NOON + 1,
  reply: '451 4.3.0 try later',
});

const attempts = new Map([
  ['ann@example.org', since(NOON - 4 * HOUR)],
  ['ben@example.org', since(NOON - 4 * HOUR + 1)],
  ['eve@zoo.example', since(null)],
]);

await t.test('to the owners, about those who have waited that long', async (t) => {
  const services = await servicesOf(t, { list: { retry: WARN } });
  const entry = entryOf('Subject: tea\n\nTea?\n', POST);
  const notice = await delayNotice(services, entry, attempts, NOON);
  t.match(notice, { queue: 'virgin', meta: { recipients: ['olga@example.org'], sender: '' } });
  const { subject, text } = (await parseMime(Buffer.from(await messageOf(entry, notice ?? undefined)))) ?? {};
  t.equal(subject, 'A post to friends is delayed for one member');
  t.match(
    text?.replace(/\s+/g, ' '),
    'could not be delivered to one member for 4h. It is tried again until 5d are over',
  );
  t.match(text, '    ann@example.org\n');
  t.match(text, 'Reply: 451 4.3.0 try later');
  t.notMatch(text, /ben@|eve@/);
  t.same(await delayNotice(services, entry, attempts, NOON), notice, 'the same bytes at a repeat');
});

await t.test('nobody is told', async (t) => {
  const services = await servicesOf(t, { list: { retry: WARN } });
  const none = async (meta: Parameters<typeof entryOf>[1], now = NOON) =>
    t.equal(
      await delayNotice(services, entryOf('Subject: x\n\n', { ...POST, ...meta }), attempts, now),
      null,
    );
  await none({}, NOON - 1);
  await none({ warned: true });
  await none({ sender: '' });
  await none({ role: 'owner' });
  await none({ list: null });
  await none({ list: 'gone@example.org' });
  const never = await servicesOf(t);
  t.equal(await delayNotice(never, entryOf('Subject: x\n\n', POST), attempts, NOON + 200 * HOUR), null);
});

import t from 'tap';
import { nextAttempt, openRetryRunner } from '../../lib/runners/retry.ts';
import type { DeliveryAttempts } from '../../lib/spool/entry.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { contextOf, entryOf, messageOf, NOON, outputsOf, servicesOf } from '../support/runner-rig.ts';
import { siteSettings } from '../support/settings.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Hash 0: no spread. */
const ID = `${NOON * 1000}-00000000000000000000`;

function attempts(changes: Partial<DeliveryAttempts> = {}): DeliveryAttempts {
  return {
    failures: 1,
    firstFailedAt: NOON,
    lastFailedAt: NOON,
    replies: { 'ann@example.org': '451 later' },
    ...changes,
  };
}

const entry = (changes: Partial<DeliveryAttempts> | null, meta = {}) =>
  entryOf(
    'Subject: x\n\nbody\n',
    {
      sender: 'friends-bounces@example.org',
      recipients: ['ann@example.org'],
      attempts: changes === null ? null : attempts(changes),
      ...meta,
    },
    { id: ID, queue: 'retry' },
  );

await t.test('the table of attempts', async (t) => {
  const site = siteSettings('/nowhere');
  const delay = (failures: number) => (nextAttempt(site, entry({ failures })) ?? 0) - NOON;
  t.same(
    [1, 2, 3, 4, 5, 6, 7, 8].map((failures) => delay(failures) / MINUTE),
    [5, 10, 20, 40, 80, 160, 240, 240],
  );
  t.equal(delay(1000), 4 * HOUR);
  const spread = nextAttempt(site, { ...entry({}), id: `${NOON * 1000}-ffffffffff0000000000` });
  t.ok((spread ?? 0) - NOON > 5 * MINUTE && (spread ?? 0) - NOON <= 5.5 * MINUTE, 'spread by its hash');
});

await t.test('the last attempt is at the end of the time', async (t) => {
  const site = siteSettings('/nowhere');
  const last = (lastFailedAt: number) => nextAttempt(site, entry({ failures: 40, lastFailedAt }));
  t.equal(last(NOON + 5 * DAY - HOUR), NOON + 5 * DAY, 'not after it');
  t.equal(last(NOON + 5 * DAY), null, 'then it is given up');
  t.equal(nextAttempt(site, entry(null)), NOON, 'without an attempt at once');
});

await t.test('not due, due', async (t) => {
  const runner = openRetryRunner(await servicesOf(t));
  const waiting = await runner.run(entry({}), contextOf());
  t.match(waiting, { kind: 'defer', until: NOON + 5 * MINUTE, failed: false });
  const due = entry({});
  const [out, ...more] = outputsOf(await runner.run(due, contextOf({ clock: fakeClock(NOON + 5 * MINUTE) })));
  t.equal(more.length, 0);
  t.match(out, { queue: 'out', meta: { ...due.meta, origin: null } });
  t.equal(await messageOf(due, out), 'Subject: x\n\nbody\n');
});

await t.test('given up: a report for bounces', async (t) => {
  const runner = openRetryRunner(await servicesOf(t));
  const recipients = ['ann@example.org', 'ben@example.org'];
  const late = entry({ lastFailedAt: NOON + 5 * DAY }, { recipients });
  const verdict = await runner.run(late, contextOf());
  t.match(verdict, { kind: 'done', note: 'given up 2' });
  const [report, ...more] = outputsOf(verdict);
  t.equal(more.length, 0);
  t.match(report, { queue: 'bounces', meta: { role: 'bounces', sender: '', list: 'friends@example.org' } });
  const text = await messageOf(late, report);
  t.match(text, 'Final-Recipient: rfc822; ann@example.org');
  t.match(text.replace(/\r\n\s+/g, ' '), 'not delivered for 5d; last: 451 later');
  t.match(text.replace(/\r\n\s+/g, ' '), 'last: no reply');
  t.match(text, 'Status: 4.4.7');
  t.same(await runner.run(late, contextOf()), verdict, 'the same at every repeat');
});

await t.test('given up: nobody is told of a notice', async (t) => {
  const runner = openRetryRunner(await servicesOf(t));
  const gone = { lastFailedAt: NOON + 5 * DAY };
  t.same(outputsOf(await runner.run(entry(gone, { sender: '' }), contextOf())), []);
});

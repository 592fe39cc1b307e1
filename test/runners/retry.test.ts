import t from 'tap';
import { addRule } from '../../lib/deliver/delivery-rules.ts';
import { nextAttempt, openRetryRunner } from '../../lib/runners/retry.ts';
import type { Attempt } from '../../lib/spool/entry.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { contextOf, entryOf, messageOf, NOON, outputsOf, servicesOf } from '../support/runner-rig.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const ANN = 'ann@example.org';
const BEN = 'ben@example.org';

function attempt(changes: Partial<Attempt> = {}): Attempt {
  return {
    failures: 1,
    firstFailedAt: NOON,
    lastAt: NOON,
    dueAt: NOON + 5 * MINUTE,
    reply: '451 later',
    ...changes,
  };
}

const entry = (attempts: Readonly<Record<string, Attempt>> | null, meta = {}) =>
  entryOf(
    'Subject: x\n\nbody\n',
    {
      sender: 'friends-bounces@example.org',
      recipients: Object.keys(attempts ?? { [ANN]: 1 }),
      attempts,
      ...meta,
    },
    { queue: 'retry' },
  );

await t.test('the earliest of the recipients counts; of whom nothing is known is due', async (t) => {
  const later = attempt({ dueAt: NOON + 9 * MINUTE });
  t.equal(
    nextAttempt({ recipients: [ANN, BEN], attempts: { [ANN]: later, [BEN]: attempt() } }),
    NOON + 5 * MINUTE,
  );
  t.equal(nextAttempt({ recipients: [ANN, BEN], attempts: { [ANN]: later } }), 0);
  t.equal(nextAttempt({ recipients: [ANN], attempts: null }), 0);
});

await t.test('not due, due', async (t) => {
  const runner = openRetryRunner(await servicesOf(t));
  const two = entry({ [ANN]: attempt(), [BEN]: attempt({ dueAt: NOON + DAY }) });
  t.match(await runner.run(two, contextOf()), { kind: 'defer', until: NOON + 5 * MINUTE, failed: false });
  const [out, ...more] = outputsOf(await runner.run(two, contextOf({ clock: fakeClock(NOON + 5 * MINUTE) })));
  t.equal(more.length, 0);
  t.match(out, { queue: 'out', meta: { ...two.meta, origin: null } });
  t.equal(await messageOf(two, out), 'Subject: x\n\nbody\n');
});

await t.test('given up: a report for bounces', async (t) => {
  const runner = openRetryRunner(await servicesOf(t));
  const over = attempt({ lastAt: NOON + 5 * DAY });
  const late = entry({ [ANN]: over, [BEN]: { ...over, reply: 'no answer' } });
  const verdict = await runner.run(late, contextOf());
  t.match(verdict, { kind: 'done', note: 'given up 2' });
  const [report, ...more] = outputsOf(verdict);
  t.equal(more.length, 0);
  t.match(report, { queue: 'bounces', meta: { role: 'bounces', sender: '', list: 'friends@example.org' } });
  const text = (await messageOf(late, report)).replace(/\r\n\s+/g, ' ');
  t.match(text, 'Final-Recipient: rfc822; ann@example.org');
  t.match(text, 'not delivered for 5d; last: 451 later');
  t.match(text, 'last: no answer');
  t.match(text, 'Status: 4.4.7');
  t.same(await runner.run(late, contextOf()), verdict, 'the same at every repeat');
});

await t.test('one is given up, the other goes on waiting, or is tried', async (t) => {
  const runner = openRetryRunner(await servicesOf(t));
  const over = attempt({ lastAt: NOON + 5 * DAY });
  const outputs = outputsOf(await runner.run(entry({ [ANN]: over, [BEN]: attempt() }), contextOf()));
  t.match(outputs, [{ queue: 'bounces' }, { queue: 'retry', meta: { recipients: [BEN] } }]);
  const due = entry({ [ANN]: over, [BEN]: attempt({ dueAt: NOON }) });
  t.match(outputsOf(await runner.run(due, contextOf())), [{}, { queue: 'out', meta: { recipients: [BEN] } }]);
});

await t.test('given up: nobody is told of a notice', async (t) => {
  const runner = openRetryRunner(await servicesOf(t));
  const over = { [ANN]: attempt({ lastAt: NOON + 5 * DAY }) };
  t.same(outputsOf(await runner.run(entry(over, { sender: '' }), contextOf())), []);
});

await t.test('a list has its own times', async (t) => {
  const retry = { firstMs: MINUTE, maxMs: MINUTE, giveUpMs: DAY, warnMs: null };
  const runner = openRetryRunner(await servicesOf(t, { list: { retry } }));
  const late = entry({ [ANN]: attempt({ lastAt: NOON + DAY }) });
  t.match(await runner.run(late, contextOf()), { note: 'given up 1' });
});

await t.test('what a person wants tried is due, once', async (t) => {
  const services = await servicesOf(t);
  addRule(services.db, 'flush', { scope: 'member', value: BEN }, NOON);
  const runner = openRetryRunner(services);
  t.match(outputsOf(await runner.run(entry({ [ANN]: attempt(), [BEN]: attempt() }), contextOf())), [
    { queue: 'out' },
  ]);
  t.match(await runner.run(entry({ [ANN]: attempt() }), contextOf()), { kind: 'defer' });
  t.match(await runner.run(entry({ [BEN]: attempt({ lastAt: NOON + 1 }) }), contextOf()), { kind: 'defer' });
  addRule(services.db, 'flush', { scope: 'destination', value: 'mx:a,b' }, NOON);
  const again = openRetryRunner(services);
  t.match(
    await again.run(entry({ [ANN]: attempt() }), contextOf()),
    { kind: 'done' },
    'out knows which it is',
  );
  t.match(
    await again.run(entry({ [ANN]: attempt() }, { rulesAt: NOON }), contextOf()),
    { kind: 'defer' },
    'out has seen to it: the entry does not go round and round',
  );
  addRule(services.db, 'release', { scope: 'list', value: 'friends@example.org' }, NOON + 1);
  const released = openRetryRunner(services);
  t.match(outputsOf(await released.run(entry({ [ANN]: attempt() }, { rulesAt: NOON }), contextOf())), [
    { queue: 'out' },
  ]);
});

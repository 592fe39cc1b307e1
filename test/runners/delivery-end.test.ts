import t, { type Test } from 'tap';
import type { ListSettings } from '../../lib/config/site.ts';
import { conclude } from '../../lib/runners/delivery-end.ts';
import type { Outcome } from '../../lib/smtp/transport.ts';
import type { Attempt, EntryMeta } from '../../lib/spool/entry.ts';
import { entryOf, messageOf, NOON, outputsOf, servicesOf } from '../support/runner-rig.ts';

const MINUTE = 60_000;
const ANN = 'ann@example.org';
const BEN = 'ben@example.org';
const EVE = 'eve@zoo.example';
const BOUNCES = 'friends-bounces@example.org';

function outcome(recipient: string, kind: Outcome['kind'], more: Partial<Outcome> = {}): Outcome {
  return { recipient, kind, scope: 'recipient', status: null, reply: `${kind} for ${recipient}`, ...more };
}

const HELD: Attempt = { failures: 0, firstFailedAt: null, lastAt: NOON, dueAt: NOON + 1, reply: 'held' };

async function end(
  t: Test,
  outcomes: readonly Outcome[],
  more: {
    readonly meta?: Partial<EntryMeta>;
    readonly list?: Partial<ListSettings>;
    readonly waiting?: Readonly<Record<string, Attempt>>;
    readonly now?: number;
    readonly rulesAt?: number;
  } = {},
) {
  const services = await servicesOf(t, { list: more.list ?? {} });
  const recipients = [...outcomes.map(({ recipient }) => recipient), ...Object.keys(more.waiting ?? {})];
  const entry = entryOf(
    'Subject: tea\n\nTea?\n',
    { sender: BOUNCES, recipients, ...more.meta },
    { queue: 'out' },
  );
  const waiting = new Map(Object.entries(more.waiting ?? {}));
  const verdict = await conclude(
    services,
    entry,
    outcomes,
    { waiting, rulesAt: more.rulesAt ?? null },
    more.now ?? NOON,
  );
  return { entry, verdict, outputs: outputsOf(verdict) };
}

await t.test('all delivered: nothing is left', async (t) => {
  const { verdict } = await end(t, [outcome(ANN, 'delivered'), outcome(BEN, 'delivered')]);
  t.same(verdict, { kind: 'done', outputs: [], note: 'delivered=2 temporary=0 permanent=0' });
});

await t.test('one entry for all who are tried again, each with his own time', async (t) => {
  const again = NOON + 40 * MINUTE;
  const { entry, outputs, verdict } = await end(
    t,
    [
      outcome(ANN, 'temporary', { conversation: '> RCPT\n< 450\n' }),
      outcome(BEN, 'temporary', { scope: 'connection', retryAt: again, conversation: '' }),
      outcome('gil@example.org', 'delivered'),
    ],
    { waiting: { [EVE]: HELD }, rulesAt: 5 },
  );
  const [retry, ...more] = outputs;
  t.equal(more.length, 0);
  t.match(retry, {
    queue: 'retry',
    meta: { recipients: [ANN, BEN, EVE], sender: BOUNCES, origin: null, rulesAt: 5, warned: false },
  });
  const attempts = retry?.meta.attempts ?? {};
  t.match(attempts[ANN], { failures: 1, firstFailedAt: NOON, lastAt: NOON });
  t.ok((attempts[ANN]?.dueAt ?? 0) >= NOON + 5 * MINUTE);
  t.match(
    attempts[BEN],
    { failures: 0, firstFailedAt: NOON, dueAt: again },
    'with the destination, and counted there',
  );
  t.strictSame(attempts[EVE], HELD);
  t.equal(retry?.meta.conversation, '> RCPT\n< 450\n', 'nothing said is no conversation');
  t.equal(await messageOf(entry, retry), 'Subject: tea\n\nTea?\n');
  t.match(verdict, { note: 'delivered=1 temporary=2 permanent=0 waiting=1' });
});

await t.test('a conversation is kept until there is another', async (t) => {
  const { outputs } = await end(t, [outcome(ANN, 'temporary')], { meta: { conversation: '< 421\n' } });
  t.equal(outputs[0]?.meta.conversation, '< 421\n');
});

await t.test('for good: a report about members, a notice about the message', async (t) => {
  const { entry, outputs } = await end(t, [
    outcome(ANN, 'permanent', { status: '5.1.1', reply: '550 5.1.1 no such user' }),
    outcome(BEN, 'permanent', { scope: 'message', status: '5.7.1', reply: '554 5.7.1 spam' }),
  ]);
  t.match(outputs, [
    { queue: 'bounces', meta: { role: 'bounces', sender: '' } },
    { queue: 'virgin', meta: { recipients: ['olga@example.org'], sender: '' } },
  ]);
  const report = await messageOf(entry, outputs[0]);
  t.match(report, `Final-Recipient: rfc822; ${ANN}`);
  t.notMatch(report, BEN);
  t.match(await messageOf(entry, outputs[1]), '554 5.7.1 spam');
});

await t.test('mail of the system ends here', async (t) => {
  const outcomes = [outcome(ANN, 'permanent'), outcome(BEN, 'permanent', { scope: 'message' })];
  t.same((await end(t, outcomes, { meta: { sender: '' } })).outputs, []);
  t.same((await end(t, outcomes, { meta: { list: null, role: null } })).outputs, []);
});

await t.test('a list’s own times', async (t) => {
  const retry = { firstMs: 60_000, maxMs: 60_000, giveUpMs: 600_000, warnMs: null };
  const { outputs } = await end(t, [outcome(ANN, 'temporary')], { list: { retry } });
  const dueAt = outputs[0]?.meta.attempts?.[ANN]?.dueAt ?? 0;
  t.ok(dueAt >= NOON + 60_000 && dueAt <= NOON + 66_000);
});

await t.test('owners are told once, and the entry remembers it', async (t) => {
  const retry = { firstMs: 60_000, maxMs: 60_000, giveUpMs: 600_000, warnMs: 120_000 };
  const attempts = { [ANN]: { ...HELD, firstFailedAt: NOON - 120_000 } };
  const first = await end(t, [outcome(ANN, 'temporary')], { list: { retry }, meta: { attempts } });
  t.match(first.outputs, [{ queue: 'retry', meta: { warned: true } }, { queue: 'virgin' }]);
  const second = await end(t, [outcome(ANN, 'temporary')], {
    list: { retry },
    meta: { attempts, warned: true },
  });
  t.match(second.outputs, [{ queue: 'retry', meta: { warned: true } }]);
  t.equal(second.outputs.length, 1);
});

import t from 'tap';
import type { DeliveryRule, RuleKind, RuleScope } from '../../lib/deliver/delivery-rules.ts';
import type { Way, Ways } from '../../lib/deliver/ways.ts';
import { planDelivery } from '../../lib/runners/delivery-plan.ts';
import type { Outcome } from '../../lib/smtp/transport.ts';
import type { Attempt } from '../../lib/spool/entry.ts';
import { fakeCarrier } from '../deliver/fake-carrier.ts';
import { entryOf, NOON } from '../support/runner-rig.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const ANN = 'ann@example.org';
const BEN = 'ben@example.org';
const EVE = 'eve@zoo.example';
const FAILED: Omit<Outcome, 'recipient'> = {
  kind: 'temporary',
  scope: 'recipient',
  status: '4.4.3',
  reply: 'no name server answers',
};
/** When ways with a schedule open. */
const OPENS_AT = NOON + 60 * MINUTE;

const way = (name: string): Way => ({
  kind: 'open',
  carrier: fakeCarrier({ name }),
  perTransaction: 100,
  messageSize: null,
});

const domainOf = (recipient: string) => recipient.slice(recipient.lastIndexOf('@') + 1);

/** Ways by domain, and for whom one was looked for; those of the domains in `closed` have a schedule. */
function waysBy(
  byDomain: Readonly<Record<string, Way>>,
  ...closed: readonly string[]
): Ways & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    close: () => {},
    opensAt: (recipient, now) => (closed.includes(domainOf(recipient)) ? Math.max(now, OPENS_AT) : now),
    find: async (recipient) => {
      asked.push(recipient);
      return byDomain[domainOf(recipient)] ?? { kind: 'failed', judgement: FAILED };
    },
  };
}

const attempt = (changes: Partial<Attempt> = {}): Attempt => ({
  failures: 1,
  firstFailedAt: NOON - DAY,
  lastAt: NOON - MINUTE,
  dueAt: NOON,
  reply: '451 later',
  ...changes,
});

const rule = (kind: RuleKind, scope: RuleScope, value: string, at = NOON): DeliveryRule => ({
  kind,
  scope,
  value,
  at,
});

type Asked = {
  readonly attempts?: Readonly<Record<string, Attempt>>;
  readonly recipients?: readonly string[];
  readonly rules?: readonly DeliveryRule[];
  readonly ways?: Ways;
  readonly settled?: readonly string[];
  readonly now?: number;
};

const TWO_WAYS = () => waysBy({ 'example.org': way('here'), 'zoo.example': way('zoo') });

async function plan({
  attempts,
  recipients = [ANN, BEN, EVE],
  rules = [],
  ways = TWO_WAYS(),
  settled = [],
  now = NOON,
}: Asked = {}) {
  const entry = entryOf('x', { recipients, attempts: attempts ?? null });
  const made = await planDelivery(
    entry,
    (one) => settled.includes(one),
    { ways, rules },
    now,
    new AbortController().signal,
  );
  return {
    ...made,
    sent: made.parties.map(({ way: { carrier }, recipients: some, urgent }) =>
      [urgent ? 'now' : '', carrier.name, ...some].join(' ').trim(),
    ),
    waiting: Object.fromEntries(made.waiting),
  };
}

await t.test('by destination, each once, without those of whom all is known', async (t) => {
  t.same((await plan()).sent, [`here ${ANN} ${BEN}`, `zoo ${EVE}`]);
  t.same((await plan({ settled: [ANN, EVE] })).sent, [`here ${BEN}`]);
  t.same((await plan({ recipients: [ANN, ANN] })).sent, [`here ${ANN}`]);
  const shared = waysBy({ 'example.org': way('one'), 'zoo.example': way('one') });
  t.same((await plan({ ways: shared })).sent, [`one ${ANN} ${BEN} ${EVE}`], 'two domains, one destination');
});

await t.test(
  'only those due; the others go on as they were, and no name server is asked for them',
  async (t) => {
    const ways = TWO_WAYS();
    const later = attempt({ dueAt: NOON + 1 });
    const made = await plan({ attempts: { [ANN]: attempt(), [EVE]: later }, ways });
    t.same(made.sent, [`here ${ANN} ${BEN}`], 'of whom nothing is known is due');
    t.strictSame(made.waiting, { [EVE]: later });
    t.same(ways.asked, [ANN, BEN]);
  },
);

await t.test('no way: an outcome; but not for somebody who waits', async (t) => {
  const ways = waysBy({ 'example.org': way('here') });
  t.same((await plan({ ways })).outcomes, [{ recipient: EVE, ...FAILED }]);
  const later = attempt({ dueAt: NOON + 1 });
  const made = await plan({ ways, attempts: { [EVE]: later }, rules: [rule('flush', 'destination', 'zoo')] });
  t.same(made.outcomes, []);
  t.same(made.waiting, { [EVE]: later });
});

/** Who waits under this hold. */
const held = async (scope: RuleScope, value: string) =>
  Object.keys((await plan({ rules: [rule('hold', scope, value)] })).waiting);

await t.test('a hold: of all, a list, a member, a domain, a destination', async (t) => {
  t.same(await held('all', ''), [ANN, BEN, EVE]);
  t.same(await held('list', 'friends@example.org'), [ANN, BEN, EVE]);
  t.same(await held('list', 'others@example.org'), []);
  t.same(await held('member', BEN), [BEN]);
  t.same(await held('destination', 'zoo.example'), [EVE]);
  t.same(await held('destination', 'here'), [ANN, BEN]);
});

await t.test('what is held back has not failed', async (t) => {
  const rules = [rule('hold', 'all', '')];
  const ways = TWO_WAYS();
  const made = await plan({ rules, ways, recipients: [ANN, BEN], attempts: { [BEN]: attempt() } });
  t.match(made.waiting[ANN], {
    failures: 0,
    firstFailedAt: null,
    lastAt: NOON,
    reply: 'held back by a person: everything',
  });
  t.match(made.waiting[BEN], { failures: 1, firstFailedAt: NOON - DAY, lastAt: NOON - MINUTE });
  t.ok((made.waiting[ANN]?.dueAt ?? 0) > NOON + 20 * DAY);
  t.same(ways.asked, []);
});

await t.test('released: due, unless another hold or a schedule keeps it', async (t) => {
  const attempts = { [ANN]: attempt({ dueAt: NOON + 9 * DAY }) };
  const recipients = [ANN];
  const released = [rule('release', 'list', 'friends@example.org')];
  t.same((await plan({ recipients, attempts, rules: released })).sent, [`here ${ANN}`]);
  t.same((await plan({ recipients, attempts, rules: [...released, rule('hold', 'member', ANN)] })).sent, []);
  const closed = waysBy({ 'example.org': way('here') }, 'example.org');
  const now = NOON;
  const before = { [ANN]: attempt({ lastAt: now - 1, dueAt: now + DAY }) };
  const made = await plan({
    recipients,
    attempts: before,
    ways: closed,
    now,
    rules: released.map((one) => ({ ...one, at: now })),
  });
  t.same(made.sent, []);
  t.match(made.waiting[ANN], { dueAt: now + 60 * MINUTE, reply: 'outside the times of its schedule' });
});

await t.test('flushed: tried now, whatever holds him back, once', async (t) => {
  const attempts = { [ANN]: attempt({ dueAt: NOON + 9 * DAY }) };
  const recipients = [ANN];
  const hold = rule('hold', 'list', 'friends@example.org', NOON - DAY);
  for (const flush of [
    rule('flush', 'all', ''),
    rule('flush', 'list', 'friends@example.org'),
    rule('flush', 'member', ANN),
    rule('flush', 'destination', 'example.org'),
    rule('flush', 'destination', 'here'),
  ])
    t.same(
      (await plan({ recipients, attempts, rules: [hold, flush] })).sent,
      [`now here ${ANN}`],
      `${flush.scope} ${flush.value}`,
    );
  const closed = waysBy({ 'example.org': way('here') }, 'example.org');
  const past = { [ANN]: attempt({ lastAt: NOON - 1, dueAt: NOON + DAY }) };
  const flushed = [rule('flush', 'all', '', NOON)];
  t.same((await plan({ recipients, attempts: past, ways: closed, now: NOON, rules: flushed })).sent, [
    `now here ${ANN}`,
  ]);
  const tried = { [ANN]: attempt({ lastAt: NOON + 1, dueAt: NOON + DAY }) };
  t.same(
    (await plan({ recipients, attempts: tried, rules: [rule('flush', 'all', '')], now: NOON + 2 })).sent,
    [],
    'he was',
  );
  t.same((await plan({ recipients, rules: [hold, rule('flush', 'all', '')] })).sent, [], 'he came later');
});

await t.test('outside the times of his way he waits, and nothing has failed', async (t) => {
  const ways = waysBy({ 'example.org': way('here'), 'zoo.example': way('zoo') }, 'example.org');
  const made = await plan({ ways, now: NOON });
  t.same(made.sent, [`zoo ${EVE}`]);
  t.same(made.waiting[ANN], {
    failures: 0,
    firstFailedAt: null,
    lastAt: NOON,
    dueAt: NOON + 60 * MINUTE,
    reply: 'outside the times of its schedule',
  });
  t.same(ways.asked, [EVE], 'no name server is asked for him');
  t.same((await plan({ ways, now: NOON + 60 * MINUTE })).sent, [`here ${ANN} ${BEN}`, `zoo ${EVE}`]);
});

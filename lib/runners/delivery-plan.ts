/**
 * Who of an entry's recipients is tried now, and by which way; and who waits, for what.
 *
 *     held back by a person ──▶ waits, until released        flushed by a person ──▶ tried now, whatever else holds
 *     not due yet ──▶ waits      his way is closed by its schedule ──▶ waits for the opening
 *     his domain has no way (no such domain, no name server) ──▶ an outcome without an attempt
 */
import { putOff } from '../deliver/attempts.ts';
import { type DeliveryRule, holdOn, targetWords, wasSaid } from '../deliver/delivery-rules.ts';
import type { OpenWay, Ways } from '../deliver/ways.ts';
import type { Outcome } from '../smtp/transport.ts';
import type { Attempt, Entry } from '../spool/entry.ts';

/** How long mail that a person holds back rests in retry before it is looked at again, milliseconds. */
const HOLD_MS = 30 * 86_400_000;

/** Recipients who go the same way. */
export type Party = {
  readonly way: OpenWay;
  readonly recipients: string[];
  /** A person wants them tried now. */
  readonly urgent: boolean;
};

/** What is to be done about the recipients of an entry. */
export type DeliveryPlan = {
  readonly parties: readonly Party[];
  readonly waiting: ReadonlyMap<string, Attempt>;
  /** What is known without an attempt. */
  readonly outcomes: readonly Outcome[];
};

/** Plans the delivery of an entry at `now`; those for whom `isSettled` says true are left out. */
export async function planDelivery(
  { meta }: Pick<Entry, 'meta'>,
  isSettled: (recipient: string) => boolean,
  { ways, rules }: { readonly ways: Ways; readonly rules: readonly DeliveryRule[] },
  now: number,
  signal: AbortSignal,
): Promise<DeliveryPlan> {
  const parties = new Map<string, Party>();
  const waiting = new Map<string, Attempt>();
  const outcomes: Outcome[] = [];
  const list = meta.list ?? '';
  const asked = rules.filter(({ kind, scope }) => kind !== 'hold' && scope === 'destination');

  /** What a person, the time and the schedule say about a recipient; of a destination only where it is known. */
  const judge = (recipient: string, destination: string | null): Attempt | 'now' | 'due' => {
    const before = meta.attempts?.[recipient];
    const delivery = { list, recipient, destination };
    if (before && wasSaid(rules, 'flush', delivery, before.lastAt)) return 'now';
    const hold = holdOn(rules, delivery);
    if (hold) return putOff(before, now + HOLD_MS, `held back by a person: ${targetWords(hold)}`, now);
    if (before && before.dueAt > now && !wasSaid(rules, 'release', delivery, before.lastAt)) return before;
    const opensAt = ways.opensAt(recipient, now);
    return opensAt > now ? putOff(before, opensAt, 'outside the times of its schedule', now) : 'due';
  };

  const wanted: string[] = [];
  for (const recipient of new Set(meta.recipients)) {
    if (isSettled(recipient)) continue;
    const early = judge(recipient, null);
    // Name servers are asked only where it matters: on a line that is paid by the minute, a question opens it.
    const { lastAt = Number.POSITIVE_INFINITY } = meta.attempts?.[recipient] ?? {};
    if (typeof early === 'string' || asked.some(({ at }) => at >= lastAt)) wanted.push(recipient);
    else waiting.set(recipient, early);
  }
  const found = await Promise.all(wanted.map((recipient) => ways.find(recipient, signal)));
  for (const [index, recipient] of wanted.entries()) {
    const way = found[index];
    if (!way) continue;
    const late = judge(recipient, way.kind === 'open' ? way.carrier.name : null);
    if (typeof late !== 'string') waiting.set(recipient, late);
    else if (way.kind === 'failed') outcomes.push({ recipient, ...way.judgement });
    else join(parties, way, recipient, late === 'now');
  }
  return { parties: [...parties.values()], waiting, outcomes };
}

function join(parties: Map<string, Party>, way: OpenWay, recipient: string, urgent: boolean): void {
  const key = `${urgent ? 'now ' : ''}${way.carrier.name}`;
  const party = parties.get(key) ?? { way, recipients: [], urgent };
  parties.set(key, party);
  party.recipients.push(recipient);
}

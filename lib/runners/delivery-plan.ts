/**
 * Who of an entry's recipients is tried now, and by which way; and who waits, for what.
 *
 *     held back by a person ──▶ waits, until released        flushed by a person ──▶ tried now, whatever holds him back
 *     not due yet ──▶ waits      his way is closed by its schedule ──▶ waits for the opening
 *     his domain has no way (no such domain, no name server) ──▶ an outcome without an attempt
 */
import { putOff } from '../deliver/attempts.ts';
import { type DeliveryRule, holdOn, targetWords, wasSaid } from '../deliver/delivery-rules.ts';
import type { Outcome } from '../deliver/transport.ts';
import type { OpenWay, Ways } from '../deliver/ways.ts';
import type { Attempt, Entry, EntryMeta } from '../spool/entry.ts';

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
  const named = rules.filter(({ kind, scope }) => kind !== 'hold' && scope === 'destination');
  const standing = standingOf(rules, ways, meta, now);
  const asked: { readonly recipient: string; readonly early: Standing }[] = [];
  for (const recipient of new Set(meta.recipients)) {
    if (isSettled(recipient)) continue;
    const before = meta.attempts?.[recipient];
    const early = standing(recipient, null);
    // The way is not looked for before it is needed: on a line that is paid by the minute, a question to a name server
    // opens it.
    if (typeof early === 'string' || (before && named.some(({ at }) => at >= before.lastAt)))
      asked.push({ recipient, early });
    else waiting.set(recipient, early);
  }
  const found = await Promise.all(asked.map(({ recipient }) => ways.find(recipient, signal)));
  for (const [index, { recipient, early }] of asked.entries()) {
    const way = found[index];
    if (!way) continue;
    const known = way.kind === 'open' ? standing(recipient, way.carrier.name) : early;
    if (typeof known === 'object') waiting.set(recipient, known);
    else if (way.kind === 'failed') outcomes.push({ recipient, ...way.judgement });
    else join(parties, way, recipient, known === 'urgent');
  }
  return { parties: [...parties.values()], waiting, outcomes };
}

/** Tried now, whatever holds him back; tried now; or waiting for this. */
type Standing = 'urgent' | 'due' | Attempt;

/** How a recipient stands with what a person said, the schedule and his own due time; asked again when his destination is known. */
function standingOf(
  rules: readonly DeliveryRule[],
  ways: Ways,
  { list, attempts }: Pick<EntryMeta, 'list' | 'attempts'>,
  now: number,
): (recipient: string, destination: string | null) => Standing {
  return (recipient, destination) => {
    const before = attempts?.[recipient];
    const delivery = { list: list ?? '', recipient, destination };
    if (before && wasSaid(rules, 'flush', delivery, before.lastAt)) return 'urgent';
    const hold = holdOn(rules, delivery);
    if (hold) return putOff(before, now + HOLD_MS, `held back by a person: ${targetWords(hold)}`, now);
    const isDue = before === undefined || before.dueAt <= now;
    if (!isDue && !wasSaid(rules, 'release', delivery, before.lastAt)) return before;
    const opensAt = ways.opensAt(recipient, now);
    return opensAt > now ? putOff(before, opensAt, 'outside the times of its schedule', now) : 'due';
  };
}

function join(parties: Map<string, Party>, way: OpenWay, recipient: string, urgent: boolean): void {
  const key = `${urgent ? 'now ' : ''}${way.carrier.name}`;
  const party = parties.get(key) ?? { way, recipients: [], urgent };
  parties.set(key, party);
  party.recipients.push(recipient);
}

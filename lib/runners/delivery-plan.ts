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
import { nextOpeningOf, type OpenWay, type Ways } from '../deliver/ways.ts';
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
  const named = rules.filter(({ kind, scope }) => kind !== 'hold' && scope === 'destination');
  for (const recipient of new Set(meta.recipients)) {
    if (isSettled(recipient)) continue;
    const before = meta.attempts?.[recipient];
    const standing = standingOf(rules, meta.list, recipient, before, now);
    // The way is not looked for before it is needed: on a line that is paid by the minute, a question to a name server
    // opens it.
    const early = standing(null);
    const waits = typeof early === 'object';
    if (waits && !(before && named.some(({ at }) => at >= before.lastAt))) {
      waiting.set(recipient, early);
      continue;
    }
    const way = await ways.find(recipient, signal);
    if (way.kind === 'failed' && waits) {
      waiting.set(recipient, early);
      continue;
    }
    if (way.kind === 'failed') {
      outcomes.push({ recipient, ...way.judgement });
      continue;
    }
    const known = standing(way.carrier.name);
    const opening = known === 'urgent' ? now : nextOpeningOf(way, now);
    if (typeof known === 'object') waiting.set(recipient, known);
    else if (opening > now)
      waiting.set(recipient, putOff(before, opening, 'outside the times of its schedule', now));
    else join(parties, way, recipient, known === 'urgent');
  }
  return { parties: [...parties.values()], waiting, outcomes };
}

/** How a recipient stands with what a person said and with his own due time; asked again when his destination is known. */
function standingOf(
  rules: readonly DeliveryRule[],
  list: string | null,
  recipient: string,
  before: Attempt | undefined,
  now: number,
): (destination: string | null) => 'urgent' | 'due' | Attempt {
  return (destination) => {
    const delivery = { list: list ?? '', recipient, destination };
    if (before && wasSaid(rules, 'flush', delivery, before.lastAt)) return 'urgent';
    const hold = holdOn(rules, delivery);
    if (hold) return putOff(before, now + HOLD_MS, `held back by a person: ${targetWords(hold)}`, now);
    if (before === undefined || before.dueAt <= now) return 'due';
    return wasSaid(rules, 'release', delivery, before.lastAt) ? 'due' : before;
  };
}

function join(parties: Map<string, Party>, way: OpenWay, recipient: string, urgent: boolean): void {
  const key = `${urgent ? 'now ' : ''}${way.carrier.name}`;
  const party = parties.get(key) ?? { way, recipients: [], urgent };
  parties.set(key, party);
  party.recipients.push(recipient);
}

/**
 * Who of an entry's recipients is tried now, and by which way; and who waits, for what.
 *
 *     held back by a person ──▶ waits, until released        flushed by a person ──▶ tried now, whatever else holds
 *     not due yet ──▶ waits      his way is closed by its schedule ──▶ waits for the opening
 *     his domain has no way (no such domain, no name server) ──▶ an outcome without an attempt
 */
import { putOff } from '../deliver/attempts.ts';
import { type DeliveryRule, holdOn, isFlushed, targetWords } from '../deliver/delivery-rules.ts';
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
  const byDestination = rules.some(({ scope }) => scope === 'destination');
  for (const recipient of new Set(meta.recipients)) {
    if (isSettled(recipient)) continue;
    const before = meta.attempts?.[recipient];
    const standing = (destination: string | null): Attempt | 'flushed' | null => {
      const delivery = { list: meta.list ?? '', recipient, destination };
      if (before && isFlushed(rules, delivery, before.lastAt)) return 'flushed';
      const hold = holdOn(rules, delivery);
      return hold && putOff(before, now + HOLD_MS, `held back by a person: ${targetWords(hold)}`, now);
    };
    const isDue = before === undefined || before.dueAt <= now;
    const early = standing(null) ?? (isDue || byDestination ? null : (before ?? null));
    if (early !== null && early !== 'flushed') {
      waiting.set(recipient, early);
      continue;
    }
    // Not before it is needed: on a line that is paid by the minute, a question to a name server opens it.
    const way = await ways.find(recipient, signal);
    if (way.kind === 'failed') {
      outcomes.push({ recipient, ...way.judgement });
      continue;
    }
    const late = early ?? standing(way.carrier.name) ?? (isDue ? null : (before ?? null));
    const opening = nextOpeningOf(way, now);
    if (late !== null && late !== 'flushed') waiting.set(recipient, late);
    else if (late === null && opening > now)
      waiting.set(recipient, putOff(before, opening, 'outside the times of its schedule', now));
    else join(parties, way, recipient, late === 'flushed');
  }
  return { parties: [...parties.values()], waiting, outcomes };
}

function join(parties: Map<string, Party>, way: OpenWay, recipient: string, urgent: boolean): void {
  const key = `${urgent ? 'now ' : ''}${way.carrier.name}`;
  const party = parties.get(key) ?? { way, recipients: [], urgent };
  parties.set(key, party);
  party.recipients.push(recipient);
}

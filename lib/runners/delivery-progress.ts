/**
 * How far the delivery of one entry has come, and its record in the entry's journal.
 *
 *     {"delivered":["ann@example.org"],"reply":"250 2.0.0 queued as 4F2"}      a transaction that went through
 *     {"outcomes":[{"recipient":"ben@example.org","kind":"permanent",…}]}      what else is final
 *
 * Promises: an outcome that is final is durable when `note` has resolved, and is not asked for again; with a full disk
 * nothing is taken in hand, since it could not be remembered and would be sent again and again.
 */
import type { Outcome } from '../smtp/transport.ts';
import type { Journal } from './runner.ts';

/** Bytes of the journal that are set aside for a recipient, beside his address twice: most outcomes are smaller. */
const OUTCOME_ROOM = 340;

/** The progress of one entry. */
export type Progress = {
  /** Final, or failed for a time in this run; by recipient. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Takes room for the outcomes of so many recipients. @throws on a full disk */
  readonly prepare: (recipients: readonly string[]) => void;
  /** Keeps what became of a transaction. `last`: the end of the entry is itself the record. */
  readonly note: (outcomes: readonly Outcome[], last: boolean) => Promise<void>;
};

/** The progress of the entry whose journal this is, with what earlier tries made final. */
export function openProgress(journal: Journal): Progress {
  const outcomes = new Map<string, Outcome>();
  for (const record of journal.records())
    for (const outcome of outcomesOf(record)) outcomes.set(outcome.recipient, outcome);
  /** In the hands of a server, and the room their outcomes need. Not everybody who has an outcome was: some wait in vain. */
  const inHand = new Set<string>();
  let room = 0;
  return {
    outcomes,
    prepare: (recipients) => {
      for (const recipient of recipients) {
        if (!inHand.has(recipient)) room += roomFor(recipient);
        inHand.add(recipient);
      }
      journal.reserve?.(room);
    },
    note: async (news, last) => {
      for (const outcome of news) {
        if (inHand.delete(outcome.recipient)) room -= roomFor(outcome.recipient);
        outcomes.set(outcome.recipient, outcome);
      }
      if (last) return;
      const delivered = news.filter(({ kind }) => kind === 'delivered');
      const refused = news.filter(({ kind }) => kind === 'permanent');
      if (delivered.length + refused.length === 0) return;
      await journal.append({
        ...(delivered.length > 0
          ? { delivered: delivered.map(({ recipient }) => recipient), reply: delivered[0]?.reply }
          : {}),
        ...(refused.length > 0 ? { outcomes: refused } : {}),
      });
    },
  };
}

function roomFor({ length }: string): number {
  return 2 * length + OUTCOME_ROOM;
}

function outcomesOf(record: unknown): Outcome[] {
  if (typeof record !== 'object' || record === null) return [];
  const found: Outcome[] = [];
  if ('delivered' in record && Array.isArray(record.delivered)) {
    const reply = 'reply' in record && typeof record.reply === 'string' ? record.reply : '';
    for (const recipient of record.delivered) {
      if (typeof recipient === 'string')
        found.push({ recipient, kind: 'delivered', scope: 'recipient', status: null, reply });
    }
  }
  if ('outcomes' in record && Array.isArray(record.outcomes))
    found.push(...record.outcomes.filter(isOutcome));
  return found;
}

function isOutcome(value: unknown): value is Outcome {
  return (
    typeof value === 'object' &&
    value !== null &&
    'recipient' in value &&
    typeof value.recipient === 'string' &&
    'kind' in value
  );
}

/**
 * Recipients whom a server refused because the transaction had too many (RFC 5321 section 4.5.3.1.10): they are for the
 * next transaction, not for another day.
 *
 *     452 with 4.5.3, or a 4xx reply that says "too many recipients", while others of the transaction were taken
 */
import type { Outcome, Transaction } from '../smtp/transport.ts';

/** A transaction that came out in two parts. */
export type TooMany = {
  readonly settled: readonly Outcome[];
  /** What is left of it. */
  readonly rest: Transaction;
  /** Recipients that the server takes at once. */
  readonly takes: number;
};

/** The two parts, or `null` when nobody was refused for this, or nobody was taken. */
export function tooMany(transaction: Transaction, outcomes: readonly Outcome[]): TooMany | null {
  const over = new Set(outcomes.filter(isOver).map(({ recipient }) => recipient));
  const settled = outcomes.filter(({ recipient }) => !over.has(recipient));
  // Without progress it would be asked for ever.
  if (over.size === 0 || !settled.some(({ kind }) => kind === 'delivered')) return null;
  const rest = transaction.recipients.filter((recipient) => over.has(recipient));
  return {
    settled,
    rest: { ...transaction, recipients: rest },
    takes: transaction.recipients.length - rest.length,
  };
}

function isOver({ kind, scope, status, reply }: Outcome): boolean {
  if (kind !== 'temporary' || scope !== 'recipient') return false;
  return status === '4.5.3' || /^4\d\d[ -].*\btoo many (?:recipients|rcpts?)\b/i.test(reply);
}

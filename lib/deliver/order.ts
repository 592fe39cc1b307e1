/**
 * A message for some recipients of one destination, cut into transactions as their turns come.
 *
 * Promises: each recipient is handed out once, unless his transaction is given back; `settle` hears of each one's
 * outcome. Nothing is made ahead of its turn, so a hundred thousand recipients cost no more than their names.
 */
import {
  everyRecipient,
  type MessageSource,
  type Outcome,
  type Transaction,
  temporaryTrouble,
} from '../smtp/transport.ts';

/** What an order is made of. */
export type OrderOptions = {
  /** The list it is for; `''` for mail of the system. */
  readonly list: string;
  readonly message: MessageSource;
  readonly recipients: readonly string[];
  /** Reverse-path for those who have none of their own. */
  readonly sender: string;
  /** A reverse-path of his own for a recipient, or `null` (VERP); he is then alone in his transaction. */
  readonly ownSender?: ((recipient: string) => string | null) | undefined;
  /** Recipients of one transaction. */
  readonly perTransaction: number;
  /** True when a person wants it tried now, whatever is remembered of the destination. */
  readonly urgent: boolean;
  /** Asked before recipients are handed out; when it says false, the order ends there and its rest is temporary. */
  readonly mayTake: (recipients: readonly string[]) => boolean;
  /** Hears what became of a transaction; resolves when that is on record. Never rejects. */
  readonly settle: (outcomes: readonly Outcome[]) => Promise<void>;
};

/** An order on its way. */
export type Order = Pick<OrderOptions, 'list' | 'message' | 'urgent' | 'settle'> & {
  /** When it was made, milliseconds of performance.now(). */
  readonly madeAt: number;
  /** Transactions that are left; more than that when some recipients have no reverse-path of their own. */
  readonly pending: () => number;
  /** The next transaction, with at most so many recipients, or `null`. */
  readonly take: (most?: number) => Transaction | null;
  /** Nothing came of it: its recipients are to be taken again. */
  readonly giveBack: (transaction: Transaction) => void;
  /** All recipients that were not handed out; none is left afterwards. */
  readonly takeRest: () => readonly string[];
};

/** Makes an order. */
export function makeOrder(options: OrderOptions): Order {
  const { list, message, sender, ownSender, perTransaction, urgent, mayTake, settle } = options;
  const back: Transaction[] = [];
  let left = options.recipients;
  let at = 0;

  const take = (most = perTransaction): Transaction | null => {
    const transaction = cut(Math.min(most, perTransaction));
    if (transaction === null || mayTake(transaction.recipients)) return transaction;
    const rest = [...transaction.recipients, ...takeRest()];
    void settle(
      everyRecipient(rest, temporaryTrouble('connection', 'not sent: its outcome could not be noted')),
    );
    return null;
  };

  const cut = (most: number): Transaction | null => {
    const returned = back.pop();
    if (returned) return returned;
    const first = left[at];
    if (first === undefined) return null;
    const own = ownSender?.(first) ?? null;
    if (own !== null) {
      at++;
      return { sender: own, recipients: [first], message };
    }
    const recipients = [first];
    for (at++; at < left.length && recipients.length < most; at++) {
      const recipient = left[at];
      if (recipient === undefined || (ownSender?.(recipient) ?? null) !== null) break;
      recipients.push(recipient);
    }
    return { sender, recipients, message };
  };

  const takeRest = (): readonly string[] => {
    const rest = [...back.flatMap(({ recipients }) => recipients), ...left.slice(at)];
    back.length = 0;
    left = [];
    at = 0;
    return rest;
  };

  return {
    list,
    message,
    urgent,
    madeAt: performance.now(),
    settle,
    take,
    takeRest,
    pending: () => back.length + Math.ceil((left.length - at) / (ownSender ? 1 : perTransaction)),
    giveBack: (transaction) => void back.push(transaction),
  };
}

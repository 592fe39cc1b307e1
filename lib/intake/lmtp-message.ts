/**
 * The message of a transaction, from the wire to whoever takes it, read to its end whatever becomes of it.
 *
 * Promises: one reply for each recipient, after the end of the message. What is too large, or has a line that is too long,
 * is refused for all of them, and the rest of it is read and thrown away.
 * Fails: throws when the client leaves, or is sent away, before the end.
 */
import type { ListTarget } from './list-target.ts';
import { dataDecoder } from './lmtp-data.ts';
import { ClientGone } from './lmtp-input.ts';
import type { LmtpLimits } from './lmtp-limits.ts';
import { type Reply, reply } from './lmtp-reply.ts';
import type { Transaction } from './lmtp-transaction.ts';
import type { Wire } from './lmtp-wire.ts';

/** The message is refused for what it is. */
class Unwanted extends Error {
  /** The reply for every recipient. */
  readonly reply: Reply;

  constructor(answer: Reply) {
    super(answer.text);
    this.reply = answer;
  }
}

/** The refusal of a message over the limit, octets. */
export function tooLarge(limit: number): Reply {
  return reply(552, '5.3.4', `the message is larger than ${limit} octets`);
}

/** Takes the message. `trouble` tells the log of what nobody foresaw and gives the reply for it. */
export async function takeMessage(
  wire: Wire,
  transaction: Pick<Transaction, 'receive' | 'sizeLimit'> & { readonly targets: readonly ListTarget[] },
  limits: Pick<LmtpLimits, 'commandMs' | 'messageMs' | 'lineBytes'>,
  trouble: (error: unknown) => Reply,
): Promise<Reply[]> {
  const { receive, targets, sizeLimit } = transaction;
  const decoder = dataDecoder();
  const deadline = performance.now() + limits.messageMs;
  const next = async () => {
    wire.watch(Math.min(limits.commandMs, Math.max(0, deadline - performance.now())));
    const bytes = await wire.input.data(decoder);
    wire.watch(null);
    return bytes;
  };
  async function* bytes(): AsyncGenerator<Buffer> {
    for (let piece = await next(); piece !== null; piece = await next()) {
      if (decoder.size() > sizeLimit) throw new Unwanted(tooLarge(sizeLimit));
      if (decoder.longestLine() > limits.lineBytes) {
        throw new Unwanted(reply(554, '5.6.0', `a line is longer than ${limits.lineBytes} octets`));
      }
      yield piece;
    }
  }
  let replies: Reply[];
  try {
    replies = await receive(targets, bytes());
  } catch (error) {
    if (error instanceof ClientGone || wire.closed()) throw error;
    const answer = error instanceof Unwanted ? error.reply : trouble(error);
    replies = targets.map(() => answer);
  }
  while ((await next()) !== null);
  return replies;
}

/**
 * When a recipient who could not be delivered to is tried again. Pure.
 *
 *     his own trouble (4xx at RCPT, the message put off)   his own backoff: first, doubling, to the longest
 *     the destination is out of reach                      when the destination may be tried again; not counted as his
 *     put off (a person's hold, a schedule)                then; no failure
 *     the end of the time for trying                       one last attempt right then, and he is given up
 */
import { type Backoff, backoffMs } from '../base/backoff.ts';
import type { Outcome } from '../smtp/transport.ts';
import type { Attempt } from '../spool/entry.ts';

/** How long and how often: `Site.retry`. */
export type RetryRules = Backoff & {
  /** After the first failure, milliseconds. */
  readonly giveUpMs: number;
};

/** Characters of a reply that are kept with each recipient. */
const REPLY_LENGTH = 400;

/** The attempt after a failure for a time at `now`. `spread` in [0, 1) keeps apart what failed together. */
export function afterFailure(
  before: Attempt | undefined,
  { reply, retryAt }: Pick<Outcome, 'reply' | 'retryAt'>,
  now: number,
  spread: number,
  rules: RetryRules,
): Attempt {
  const firstFailedAt = before?.firstFailedAt ?? now;
  const failures = (before?.failures ?? 0) + (retryAt === undefined ? 1 : 0);
  const dueAt = retryAt ?? now + backoffMs(failures, spread, rules);
  return {
    failures,
    firstFailedAt,
    lastAt: now,
    dueAt: Math.min(dueAt, Math.max(now, firstFailedAt + rules.giveUpMs)),
    reply: reply.slice(0, REPLY_LENGTH),
  };
}

/** The attempt of somebody who is not tried before `until`, for a reason that is nobody's failure. */
export function putOff(before: Attempt | undefined, until: number, reason: string, now: number): Attempt {
  const { failures = 0, firstFailedAt = null, lastAt = now } = before ?? {};
  return { failures, firstFailedAt, lastAt, dueAt: until, reply: reason };
}

/** True when he has been tried for as long as the rules want. */
export function isGivenUp({ firstFailedAt, lastAt }: Attempt, rules: RetryRules): boolean {
  return firstFailedAt !== null && lastAt >= firstFailedAt + rules.giveUpMs;
}

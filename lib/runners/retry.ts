/**
 * Recipients who could not be delivered to. An entry waits here until the first of them is due, then goes back to out,
 * which tries those that are; who has been tried for too long becomes a delivery report in bounces.
 */
import { formatDuration } from '../base/duration.ts';
import { isGivenUp } from '../deliver/attempts.ts';
import { type DeliveryRule, listRules, wasSaid } from '../deliver/delivery-rules.ts';
import { type EntryMeta, type Output, SAME_MESSAGE } from '../spool/entry.ts';
import { failureReport } from './failure-report.ts';
import { retryRules } from './retry-rules.ts';
import type { Runner } from './runner.ts';
import type { Services } from './services.ts';

/** When the first recipient is due, milliseconds since the epoch; 0 for one of whom nothing is known. */
export function nextAttempt({ recipients, attempts }: Pick<EntryMeta, 'recipients' | 'attempts'>): number {
  let first = Number.POSITIVE_INFINITY;
  for (const recipient of recipients) first = Math.min(first, attempts?.[recipient]?.dueAt ?? 0);
  return first;
}

/** Opens the runner of the queue retry. */
export function openRetryRunner(services: Services): Runner {
  let rules: Promise<readonly DeliveryRule[]> | null = null;
  return {
    run: async (entry, { clock }) => {
      rules ??= services.database().then(listRules);
      const { meta } = entry;
      const limits = retryRules(services, meta.list);
      const attempt = (recipient: string) => meta.attempts?.[recipient];
      const lost = new Set(
        meta.recipients.filter((recipient) => {
          const before = attempt(recipient);
          return before !== undefined && isGivenUp(before, limits);
        }),
      );
      const left = meta.recipients.filter((recipient) => !lost.has(recipient));
      const failed = [...lost].map((address) => ({
        address,
        status: '4.4.7',
        diagnostic: `not delivered for ${formatDuration(limits.giveUpMs)}; last: ${attempt(address)?.reply ?? ''}`,
      }));
      const outputs: Output[] = await failureReport(services, entry, failed);
      const note = lost.size > 0 ? `given up ${lost.size}` : undefined;
      if (left.length === 0) return { kind: 'done', outputs, ...(note ? { note } : {}) };
      const due = isAnyAskedFor(await rules, { ...meta, recipients: left })
        ? 0
        : nextAttempt({ recipients: left, attempts: meta.attempts });
      if (due > clock.now() && lost.size === 0) {
        return { kind: 'defer', until: due, reason: 'waiting for the next attempt', failed: false };
      }
      outputs.push({
        queue: due > clock.now() ? 'retry' : 'out',
        meta: { ...meta, recipients: left, origin: null },
        message: SAME_MESSAGE,
      });
      return { kind: 'done', outputs, ...(note ? { note } : {}) };
    },
  };
}

/**
 * True when a person wants one of the recipients tried now, and out has not looked into that yet. A destination is known
 * only to out, so it counts in any case.
 */
function isAnyAskedFor(rules: readonly DeliveryRule[], meta: EntryMeta): boolean {
  const news = rules.filter(({ kind, at }) => kind !== 'hold' && at > (meta.rulesAt ?? 0));
  if (news.length === 0) return false;
  return meta.recipients.some((recipient) => {
    const before = meta.attempts?.[recipient];
    if (before === undefined) return false;
    return news.some(({ kind, scope, value, at }) => {
      const destination = scope === 'destination' ? value : null;
      const delivery = { list: meta.list ?? '', recipient, destination };
      return kind !== 'hold' && at >= before.lastAt && wasSaid(news, kind, delivery, before.lastAt);
    });
  });
}

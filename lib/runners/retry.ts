/**
 * Recipients that failed for a time. An entry waits here until its attempt is due, then goes back to out; one
 * that has failed for too long becomes a delivery report in bounces, where members are counted.
 */
import { type Backoff, backoffMs } from '../base/backoff.ts';
import { formatDuration } from '../base/duration.ts';
import type { Site } from '../config/site.ts';
import { type Entry, SAME_MESSAGE } from '../spool/entry.ts';
import { HASH_SPACE, hashPlace } from '../spool/entry-name.ts';
import { failureReport } from './failure-report.ts';
import type { Runner } from './runner.ts';
import type { Services } from './services.ts';

/** When the next attempt of an entry is due, milliseconds since the epoch; `null` when it is to be given up. */
export function nextAttempt(site: Pick<Site, 'retry'>, entry: Entry): number | null {
  const { attempts } = entry.meta;
  if (attempts === null) return entry.receivedAt;
  const backoff: Backoff = { firstMs: site.retry.firstMs, maxMs: site.retry.maxMs };
  const due = attempts.lastFailedAt + backoffMs(attempts.failures, hashPlace(entry.id) / HASH_SPACE, backoff);
  const end = attempts.firstFailedAt + site.retry.giveUpMs;
  // The last attempt is made at the end of the time, not before it.
  return attempts.lastFailedAt >= end ? null : Math.min(due, end);
}

/** Opens the runner of the queue retry. */
export function openRetryRunner(services: Services): Runner {
  const { site } = services.configuration;
  return {
    run: async (entry, { clock }) => {
      const { meta } = entry;
      const due = nextAttempt(site, entry);
      if (due === null) {
        const failed = meta.recipients.map((address) => ({
          address,
          status: '4.4.7',
          diagnostic: `not delivered for ${formatDuration(site.retry.giveUpMs)}; last: ${meta.attempts?.replies[address] ?? 'no reply'}`,
        }));
        const outputs = await failureReport(services, entry, failed);
        return { kind: 'done', outputs, note: `given up ${meta.recipients.length}` };
      }
      if (due > clock.now()) {
        return { kind: 'defer', until: due, reason: 'waiting for the next attempt', failed: false };
      }
      return {
        kind: 'done',
        outputs: [{ queue: 'out', meta: { ...meta, origin: null }, message: SAME_MESSAGE }],
      };
    },
  };
}

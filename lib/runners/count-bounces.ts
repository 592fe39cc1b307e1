/**
 * Bounces into the state, once for each entry; the alarm when there are too many. The first bounce of a day orders that
 * the days before are judged, so that dead addresses are found also where nobody starts the periodic jobs.
 */
import type { BouncedRecipient } from '../bounce/reading.ts';
import type { ListSettings } from '../config/site.ts';
import type { BounceReport } from '../list/bounce-history.ts';
import { dayOf } from '../list/bounce-score.ts';
import { type BounceResult, recordBounce, recordProbeBounce } from '../list/record-bounce.ts';
import { isNewDay } from '../list/standing.ts';
import { alarmWords } from '../post/bounce-texts.ts';
import { noticeOutput } from '../post/notice.ts';
import type { Entry, Output } from '../spool/entry.ts';
import { once } from '../state/effects.ts';
import { judgeOrder } from './judge-list.ts';
import type { Verdict } from './runner.ts';
import type { Services } from './services.ts';

/** What is kept of a recipient that bounced. */
function reportOf(recipient: Omit<BouncedRecipient, 'address'> | null): BounceReport {
  return {
    class: recipient?.class ?? 'unknown',
    status: recipient?.status ?? '5.0.0',
    diagnostic: recipient?.diagnostic ?? 'no reply given',
  };
}

/** Counts what bounced against the members. */
export async function countBounces(
  services: Services,
  list: ListSettings,
  entry: Entry,
  recipients: readonly BouncedRecipient[],
): Promise<Verdict> {
  const db = await services.database();
  const { results, newDay } = once(db, entry.id, 'bounces', () => ({
    newDay: isNewDay(db, list.address, dayOf(entry.receivedAt)),
    results: recipients.map((recipient) => {
      const report = reportOf(recipient);
      const result = recordBounce(
        db,
        list.address,
        recipient.address,
        report,
        entry.receivedAt,
        list.bounces,
      );
      return { ...result, address: recipient.address, diagnostic: report.diagnostic };
    }),
  }));
  return conclude(list, entry, results, newDay);
}

/** Notes that a probe came back. */
export async function countProbe(
  services: Services,
  list: ListSettings,
  entry: Entry,
  token: string,
  recipient: BouncedRecipient | null,
): Promise<Verdict> {
  const db = await services.database();
  const report = reportOf(recipient);
  const result = once(db, entry.id, 'probe', () =>
    recordProbeBounce(db, list.address, token, report, entry.receivedAt, list.bounces),
  );
  const address = result.address ?? 'of nobody';
  return conclude(list, entry, [{ ...result, address, diagnostic: report.diagnostic }], false);
}

type Concluded = BounceResult & { readonly address: string; readonly diagnostic: string };

async function conclude(
  list: ListSettings,
  entry: Entry,
  results: readonly Concluded[],
  newDay: boolean,
): Promise<Verdict> {
  const outputs: Output[] = [];
  const raised = results.find(({ alarm }) => alarm !== null);
  if (raised?.alarm) {
    const { bounced, members } = raised.alarm;
    const words = alarmWords(list, bounced, members, raised.diagnostic);
    outputs.push(await noticeOutput(entry, list, { tag: 'alarm', to: list.owners, ...words }));
  }
  if (newDay) {
    const { meta, message } = judgeOrder(list.address);
    outputs.push({ queue: 'bounces', meta, message: { head: message, tailFrom: null } });
  }
  const note = results.map(({ address, outcome }) => `${outcome} ${address}`).join(', ');
  return { kind: 'done', outputs, note };
}

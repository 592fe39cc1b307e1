/** Deliveries that failed for good, as an RFC 3464 report for the queue bounces: one way in for every bounce. */
import { hostname } from 'node:os';
import type { ListSettings } from '../config/site.ts';
import { headerBytes } from '../mail/header.ts';
import { listAddress, splitListAddress } from '../mail/list-address.ts';
import { writeReport } from '../mail/write-report.ts';
import { EMPTY_META, type Entry, type Output } from '../spool/entry.ts';
import { headerOf } from './header-of.ts';
import type { Services } from './services.ts';

/** So many that a report is read whole: of the parts of a bounce only the beginning is looked at. */
const RECIPIENTS_OF_A_REPORT = 50;

/** A recipient that is given up. */
export type Failed = {
  readonly address: string;
  readonly status: string | null;
  readonly diagnostic: string;
};

/** The extension of a reverse-path that is the list's -bounces address; `undefined` when it is none. */
function bouncesExtension(list: ListSettings, sender: string | null): string | null | undefined {
  return splitListAddress(sender ?? '').candidates.find(
    ({ name, domain, role }) => name === list.name && domain === list.domain && role === 'bounces',
  )?.extension;
}

/**
 * The report as an output, several for many recipients, as if it had come to the reverse-path of the mail that failed. None for mail whose reverse-path
 * is not the list's -bounces address: that of a notice is the null one, and a bounce of a bounce ends here.
 */
export async function failureReport(
  services: Services,
  entry: Entry,
  failed: readonly Failed[],
): Promise<Output[]> {
  const { meta } = entry;
  const list = meta.list === null ? null : (services.configuration.lists.get(meta.list) ?? null);
  const extension = list === null ? undefined : bouncesExtension(list, meta.sender);
  if (failed.length === 0 || list === null || extension === undefined) return [];
  const { header } = await headerOf(entry);
  const bounces = listAddress(list, 'bounces', extension);
  const outputs: Output[] = [];
  for (let at = 0; at < failed.length; at += RECIPIENTS_OF_A_REPORT) {
    const number = at === 0 ? '' : `.${at / RECIPIENTS_OF_A_REPORT}`;
    const report = writeReport({
      reportingMta: hostname(),
      from: { name: 'qrunner', address: listAddress(list, 'owner') },
      to: bounces,
      originalHead: headerBytes(header),
      recipients: failed
        .slice(at, at + RECIPIENTS_OF_A_REPORT)
        .map((recipient) => ({ ...recipient, action: 'failed' })),
      messageId: `<${entry.id}.failed${number}@${list.domain}>`,
      date: new Date(entry.receivedAt),
      boundary: `=_${entry.id}`,
    });
    outputs.push({
      queue: 'bounces',
      meta: { ...EMPTY_META, list: list.address, role: 'bounces', extension, sender: '' },
      message: { head: report, tailFrom: null },
    });
  }
  return outputs;
}

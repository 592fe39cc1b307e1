/** Deliveries that failed for good, as an RFC 3464 report for the queue bounces: one way in for every bounce. */
import { hostname } from 'node:os';
import { headerBytes } from '../mail/header.ts';
import { listAddress } from '../mail/list-address.ts';
import { writeReport } from '../mail/write-report.ts';
import { EMPTY_META, type Entry, type Output } from '../spool/entry.ts';
import { headerOf } from './header-of.ts';
import type { Services } from './services.ts';

/** A recipient that is given up. */
export type Failed = {
  readonly address: string;
  readonly status: string | null;
  readonly diagnostic: string;
};

/**
 * The report as an output; none for mail with the null reverse-path (a bounce of a bounce ends here) or for
 * mail that is no post.
 */
export async function failureReport(
  services: Services,
  entry: Entry,
  failed: readonly Failed[],
): Promise<Output[]> {
  const { meta } = entry;
  const list = meta.list === null ? null : (services.configuration.lists.get(meta.list) ?? null);
  if (failed.length === 0 || !list || meta.sender === '' || meta.role !== 'posting') return [];
  const { header } = await headerOf(entry);
  const bounces = listAddress(list, 'bounces');
  const report = writeReport({
    reportingMta: hostname(),
    from: { name: 'qrunner', address: listAddress(list, 'owner') },
    to: bounces,
    originalHead: headerBytes(header),
    recipients: failed.map((recipient) => ({ ...recipient, action: 'failed' })),
    messageId: `<${entry.id}.failed@${list.domain}>`,
    date: new Date(entry.receivedAt),
    boundary: `=_${entry.id}`,
  });
  return [
    {
      queue: 'bounces',
      meta: { ...EMPTY_META, list: list.address, role: 'bounces', sender: '' },
      message: { head: report, tailFrom: null },
    },
  ];
}

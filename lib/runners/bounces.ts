/**
 * Mail to -bounces. Who failed is found from the VERP address first, then from the RFC 3464 report; a failure for
 * good is counted against the member. What is no bounce goes to the owners.
 */
import { unreachable } from '../base/errors.ts';
import type { ListSettings } from '../config/site.ts';
import { recordBounce } from '../list/bounce-score.ts';
import { automaticKind } from '../mail/automatic.ts';
import { getField } from '../mail/header.ts';
import { readReport } from '../mail/report.ts';
import { memberOfVerp } from '../mail/verp.ts';
import { noticeOutput } from '../post/notice.ts';
import { stoppedWords } from '../post/texts.ts';
import type { Entry, Output } from '../spool/entry.ts';
import { once } from '../state/effects.ts';
import { headerOf } from './header-of.ts';
import type { Runner, Verdict } from './runner.ts';
import { listOf, type Services } from './services.ts';
import { tidyState } from './tidy-state.ts';
import { toOwners } from './to-owners.ts';

/** A member whose mail failed for good. */
type Failure = { readonly address: string; readonly status: string; readonly diagnostic: string };

/** What a message to -bounces is. */
type Reading =
  | { readonly kind: 'failures'; readonly failures: readonly Failure[] }
  /** A delay, a receipt, an automatic reply: nothing to count, nobody to tell. */
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'unrecognised' };

/** Opens the runner of the queue bounces. */
export function openBouncesRunner(services: Services): Runner {
  return {
    // In order, since scores depend on what came before.
    concurrency: 1,
    run: async (entry) => {
      const list = listOf(services, entry);
      const reading = await readBounce(entry);
      switch (reading.kind) {
        case 'failures':
          return count(services, list, entry, reading.failures);
        case 'nothing':
          return { kind: 'done', outputs: [], note: reading.why };
        case 'unrecognised':
          return toOwners(list, entry, 'no bounce, to the owners');
        default:
          return unreachable(reading);
      }
    },
    close: () => tidyState(services),
  };
}

async function readBounce(entry: Entry): Promise<Reading> {
  const { meta } = entry;
  const report = await readReport(await entry.read());
  const member = meta.extension === null ? null : memberOfVerp(meta.extension);
  if (report) {
    const failed = report.recipients.filter(({ action }) => action === 'failed');
    if (failed.length === 0) return { kind: 'nothing', why: 'a report without a failure' };
    const named =
      member === null ? failed : failed.slice(0, 1).map((recipient) => ({ ...recipient, address: member }));
    const failures = named.map(({ address, status, diagnostic }) => ({
      address,
      status: status ?? '5.0.0',
      diagnostic: diagnostic ?? 'no reply given',
    }));
    return { kind: 'failures', failures };
  }
  const { header } = await headerOf(entry);
  const kind = automaticKind(header, meta.sender);
  if (kind === 'replied') return { kind: 'nothing', why: 'an automatic reply' };
  if (member !== null && kind === 'null-sender') {
    const diagnostic = getField(header, 'Subject') ?? 'a bounce without a report';
    return { kind: 'failures', failures: [{ address: member, status: '5.0.0', diagnostic }] };
  }
  return { kind: 'unrecognised' };
}

async function count(
  services: Services,
  list: ListSettings,
  entry: Entry,
  failures: readonly Failure[],
): Promise<Verdict> {
  const db = await services.database();
  const { bounces } = services.configuration.site;
  const results = once(db, entry.id, 'bounces', () =>
    failures.map(({ address, status, diagnostic }) => {
      const { outcome, score } = recordBounce(
        db,
        list.address,
        address,
        { status, diagnostic },
        entry.receivedAt,
        bounces,
      );
      return { address, diagnostic, outcome, score };
    }),
  );
  const outputs: Output[] = [];
  for (const [index, { address, diagnostic, outcome, score }] of results.entries()) {
    if (outcome !== 'stopped') continue;
    const words = stoppedWords(list, address, score, diagnostic);
    outputs.push(await noticeOutput(entry, list, { tag: `stopped${index}`, to: list.owners, ...words }));
  }
  const note = results.map(({ address, outcome }) => `${outcome} ${address}`).join(', ');
  return { kind: 'done', outputs, note };
}

/**
 * Mail to -bounces. What it is and whom it tells of is read in lib/bounce; a member whose address is gone is counted
 * against. What is no bounce goes to the owners.
 */
import { unreachable } from '../base/errors.ts';
import { readBounce } from '../bounce/read-bounce.ts';
import type { ListSettings } from '../config/site.ts';
import { recordBounce } from '../list/bounce-score.ts';
import { memberOfVerp } from '../mail/verp.ts';
import { noticeOutput } from '../post/notice.ts';
import { stoppedWords } from '../post/texts.ts';
import type { Entry, Output } from '../spool/entry.ts';
import { once } from '../state/effects.ts';
import type { Runner, Verdict } from './runner.ts';
import { listOf, type Services } from './services.ts';
import { tidyState } from './tidy-state.ts';
import { toOwners } from './to-owners.ts';

/** A member whose mail failed for good. */
type Failure = { readonly address: string; readonly status: string; readonly diagnostic: string };

/** What a message to -bounces is. */
type Reading =
  | { readonly kind: 'failures'; readonly failures: readonly Failure[] }
  /** Another failure, a delay, a receipt, an automatic reply, a complaint: nothing to count, nobody to tell. */
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'unrecognised' };

/** Opens the runner of the queue bounces. */
export function openBouncesRunner(services: Services): Runner {
  return {
    // In order, since scores depend on what came before.
    concurrency: 1,
    run: async (entry) => {
      const list = listOf(services, entry);
      const reading = await readEntry(entry);
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

async function readEntry(entry: Entry): Promise<Reading> {
  const { extension, sender } = entry.meta;
  const member = extension === null ? null : memberOfVerp(extension);
  const reading = await readBounce(await entry.read(), { sender, member });
  if (reading.kind === 'unrecognised') return reading;
  if (reading.kind !== 'bounce') return { kind: 'nothing', why: `${reading.kind} ${reading.detector}` };
  const hard = reading.recipients.filter((recipient) => recipient.class === 'hard');
  if (hard.length === 0) {
    const classes = reading.recipients.map((recipient) => `${recipient.class} ${recipient.address}`);
    return { kind: 'nothing', why: classes.join(', ') };
  }
  const failures = hard.map(({ address, status, diagnostic }) => ({
    address,
    status: status ?? '5.0.0',
    diagnostic: diagnostic ?? 'no reply given',
  }));
  return { kind: 'failures', failures };
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

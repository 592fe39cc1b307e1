/**
 * Delivery to members by the site's transport.
 *
 * Promises: every recipient ends as delivered, in retry, or in a report to bounces. What a transaction brought is in
 * the journal before the next begins, so a run that is killed goes on with the recipients that are left; at most
 * the transaction in flight is repeated.
 */
import { ExpectedError, unreachable } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { Site } from '../config/site.ts';
import type { Envelope, MessageSource, Outcome, Transport } from '../deliver/transport.ts';
import { headerBytes } from '../mail/header.ts';
import { verpAddress } from '../mail/verp.ts';
import { noticeOutput } from '../post/notice.ts';
import { refusedWords } from '../post/texts.ts';
import { type DeliveryAttempts, type Entry, type Output, SAME_MESSAGE } from '../spool/entry.ts';
import { failureReport } from './failure-report.ts';
import { headerOf } from './header-of.ts';
import type { Journal, RunContext, Runner, Verdict } from './runner.ts';
import type { Services } from './services.ts';

/** Bytes of the journal that are set aside for a recipient's outcome, beside his address; most are smaller. */
const OUTCOME_ROOM = 320;

/** Opens the runner of the queue out. */
export async function openOutRunner(services: Services): Promise<Runner> {
  const { site } = services.configuration;
  const transport = await openTransport(site);
  return {
    // One connection to a smarthost; Maildirs are many and wait for the disk only.
    concurrency: site.transport.type === 'maildir' ? 16 : 1,
    run: async (entry, context) => deliver(services, transport, entry, context),
    close: () => transport.close(),
  };
}

async function openTransport(site: Site): Promise<Transport> {
  const { transport } = site;
  switch (transport.type) {
    case 'maildir': {
      const { maildirTransport } = await import('../deliver/maildir-transport.ts');
      return maildirTransport(transport);
    }
    case 'smtp':
    case 'lmtp': {
      const { smtpTransport } = await import('../deliver/smtp-transport.ts');
      return smtpTransport(transport, { maxRecipients: site.limits.recipients });
    }
    case 'mx':
    case 'sendmail':
      throw new ExpectedError(EX.CONFIG, `transport ${transport.type} cannot be used by this version`);
    default:
      return unreachable(transport);
  }
}

async function deliver(
  services: Services,
  transport: Transport,
  entry: Entry,
  { clock, journal, signal }: RunContext,
): Promise<Verdict> {
  const { meta } = entry;
  if (meta.recipients.length === 0) return { kind: 'shunt', reason: 'it has no recipients' };
  const settled = readJournal(journal);
  const left = meta.recipients.filter((recipient) => !settled.has(recipient));
  const outcomes = new Map<string, Outcome>(settled);
  const message: MessageSource = { id: entry.id, size: entry.size, stream: () => entry.stream() };
  const envelopes = envelopesOf(entry, left, services.configuration.site.limits.recipients);
  for (const [index, envelope] of envelopes.entries()) {
    if (signal.aborted) break;
    // With a full disk nothing is sent: it could not be remembered, and would be sent again and again.
    journal.reserve?.(envelope.recipients.reduce((bytes, { length }) => bytes + length + OUTCOME_ROOM, 0));
    const results = await transport.send(envelope, message, signal);
    for (const outcome of results) outcomes.set(outcome.recipient, outcome);
    const final = results.filter(({ kind }) => kind !== 'temporary');
    // The end of the entry is itself the record of the last transaction, when it leaves nothing to be told.
    const last =
      index === envelopes.length - 1 && [...outcomes.values()].every(({ kind }) => kind === 'delivered');
    if (final.length > 0 && !last) await journal.append({ outcomes: final });
  }
  const all = meta.recipients.flatMap((recipient) => outcomes.get(recipient) ?? []);
  if (
    signal.aborted &&
    (all.length < meta.recipients.length || all.some(({ kind }) => kind === 'temporary'))
  ) {
    // Not a failure of anybody: the next run goes on from the journal.
    return { kind: 'defer', until: clock.now(), reason: 'the run was told to end', failed: false };
  }
  return conclude(services, entry, all, clock.now());
}

/** Transactions: one per recipient with VERP, else as many recipients as the limit allows. */
function envelopesOf(entry: Entry, recipients: readonly string[], limit: number): Envelope[] {
  const sender = entry.meta.sender ?? '';
  const envelopes: Envelope[] = [];
  const plain: string[] = [];
  for (const recipient of recipients) {
    const own = entry.meta.verp && sender !== '' ? verpAddress(sender, recipient) : null;
    if (own === null) plain.push(recipient);
    else envelopes.push({ sender: own, recipients: [recipient] });
  }
  for (let at = 0; at < plain.length; at += limit)
    envelopes.push({ sender, recipients: plain.slice(at, at + limit) });
  return envelopes;
}

/** The outcomes that earlier tries of this entry made final. */
function readJournal(journal: Journal): Map<string, Outcome> {
  const settled = new Map<string, Outcome>();
  for (const record of journal.records()) {
    if (
      typeof record !== 'object' ||
      record === null ||
      !('outcomes' in record) ||
      !Array.isArray(record.outcomes)
    )
      continue;
    for (const outcome of record.outcomes.filter(isOutcome)) settled.set(outcome.recipient, outcome);
  }
  return settled;
}

function isOutcome(value: unknown): value is Outcome {
  return (
    typeof value === 'object' &&
    value !== null &&
    'recipient' in value &&
    typeof value.recipient === 'string' &&
    'kind' in value
  );
}

/** From the outcomes to the verdict: what failed for a time to retry, what failed for good to bounces or the owners. */
async function conclude(
  services: Services,
  entry: Entry,
  outcomes: readonly Outcome[],
  now: number,
): Promise<Verdict> {
  const delivered = outcomes.filter(({ kind }) => kind === 'delivered').length;
  const temporary = outcomes.filter(({ kind }) => kind === 'temporary');
  const permanent = outcomes.filter(({ kind }) => kind === 'permanent');
  const outputs: Output[] = [];
  if (temporary.length > 0) outputs.push(retryOutput(entry, temporary, now));
  const members = permanent.filter(({ scope }) => scope === 'recipient');
  outputs.push(
    ...(await failureReport(
      services,
      entry,
      members.map(({ recipient, status, reply }) => ({ address: recipient, status, diagnostic: reply })),
    )),
  );
  const refused = permanent.filter(({ scope }) => scope !== 'recipient');
  if (refused.length > 0) outputs.push(...(await refusedNotice(services, entry, refused)));
  const note = `delivered=${delivered} temporary=${temporary.length} permanent=${permanent.length}`;
  return { kind: 'done', outputs, note };
}

function retryOutput(entry: Entry, temporary: readonly Outcome[], now: number): Output {
  const before = entry.meta.attempts;
  const attempts: DeliveryAttempts = {
    failures: (before?.failures ?? 0) + 1,
    firstFailedAt: before?.firstFailedAt ?? now,
    lastFailedAt: now,
    replies: Object.fromEntries(temporary.map(({ recipient, reply }) => [recipient, reply])),
  };
  const recipients = temporary.map(({ recipient }) => recipient);
  return {
    queue: 'retry',
    meta: { ...entry.meta, recipients, attempts, origin: null },
    message: SAME_MESSAGE,
  };
}

/** A refusal of the message says nothing about members: the owners are told, nobody is counted. */
async function refusedNotice(
  services: Services,
  entry: Entry,
  refused: readonly Outcome[],
): Promise<Output[]> {
  const list = entry.meta.list === null ? null : (services.configuration.lists.get(entry.meta.list) ?? null);
  if (!list || entry.meta.sender === '') return [];
  const { header } = await headerOf(entry);
  const words = refusedWords(list, refused.length, refused[0]?.reply ?? '');
  return [
    await noticeOutput(entry, list, {
      tag: 'refused',
      to: list.owners,
      ...words,
      attachHead: headerBytes(header),
    }),
  ];
}

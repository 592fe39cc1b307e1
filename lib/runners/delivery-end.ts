/**
 * From the outcomes of an entry to its verdict: what failed for a time to retry, what failed for good to bounces or
 * the owners.
 */
import { afterFailure } from '../deliver/attempts.ts';
import { headerBytes } from '../mail/header.ts';
import { noticeOutput } from '../post/notice.ts';
import { refusedWords } from '../post/texts.ts';
import type { Outcome } from '../smtp/transport.ts';
import { type Attempt, type Entry, type EntryMeta, type Output, SAME_MESSAGE } from '../spool/entry.ts';
import { HASH_SPACE, hashPlace } from '../spool/entry-name.ts';
import { delayNotice } from './delay-notice.ts';
import { failureReport } from './failure-report.ts';
import { headerOf } from './header-of.ts';
import { retryRules } from './retry-rules.ts';
import type { Verdict } from './runner.ts';
import type { Services } from './services.ts';

/** The verdict at `now`. Those who wait were not tried; `rulesAt` as in the metadata. */
export async function conclude(
  services: Services,
  entry: Entry,
  outcomes: readonly Outcome[],
  { waiting, rulesAt }: { readonly waiting: ReadonlyMap<string, Attempt>; readonly rulesAt: number | null },
  now: number,
): Promise<Verdict> {
  const delivered = outcomes.filter(({ kind }) => kind === 'delivered').length;
  const temporary = outcomes.filter(({ kind }) => kind === 'temporary');
  const permanent = outcomes.filter(({ kind }) => kind === 'permanent');
  const outputs: Output[] = [];
  const delayed = temporary.length + waiting.size > 0;
  const attempts = delayed ? attemptsAfter(services, entry, temporary, waiting, now) : null;
  const notice = attempts && (await delayNotice(services, entry, attempts, now));
  if (attempts)
    outputs.push(retryOutput(entry.meta, temporary, attempts, { rulesAt, warned: notice !== null }));
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
  if (notice) outputs.push(notice);
  const put = waiting.size > 0 ? ` waiting=${waiting.size}` : '';
  const note = `delivered=${delivered} temporary=${temporary.length} permanent=${permanent.length}${put}`;
  return { kind: 'done', outputs, note };
}

function attemptsAfter(
  services: Services,
  { id, meta }: Entry,
  temporary: readonly Outcome[],
  waiting: ReadonlyMap<string, Attempt>,
  now: number,
): Map<string, Attempt> {
  const rules = retryRules(services, meta.list);
  const spread = hashPlace(id) / HASH_SPACE;
  const attempts = new Map(waiting);
  for (const outcome of temporary) {
    const before = meta.attempts?.[outcome.recipient];
    attempts.set(outcome.recipient, afterFailure(before, outcome, now, spread, rules));
  }
  return attempts;
}

function retryOutput(
  meta: EntryMeta,
  temporary: readonly Outcome[],
  attempts: ReadonlyMap<string, Attempt>,
  { rulesAt, warned }: { readonly rulesAt: number | null; readonly warned: boolean },
): Output {
  // Nothing is said where no connection came about.
  const said = temporary.findLast(({ conversation }) => conversation !== undefined && conversation !== '');
  return {
    queue: 'retry',
    meta: {
      ...meta,
      recipients: meta.recipients.filter((recipient) => attempts.has(recipient)),
      attempts: Object.fromEntries(attempts),
      conversation: said?.conversation ?? meta.conversation,
      warned: meta.warned || warned,
      rulesAt,
      origin: null,
    },
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

/**
 * Posts and mail for the owners: screened, prepared, fanned out to archive, news, the user's own queues and out.
 */
import { unreachable } from '../base/errors.ts';
import type { ListSettings } from '../config/site.ts';
import { recipients } from '../list/roster.ts';
import { notePost } from '../list/standing.ts';
import { isVerpTurn } from '../list/verp-turn.ts';
import { parseAddress } from '../mail/address.ts';
import { automaticKind } from '../mail/automatic.ts';
import { decodeWords } from '../mail/encoded-word.ts';
import { getField, type Header, headerBytes } from '../mail/header.ts';
import { listAddress } from '../mail/list-address.ts';
import { noticeOutput } from '../post/notice.ts';
import { preparePost } from '../post/prepare.ts';
import type { Screening } from '../post/screen.ts';
import { heldWords, rejectedWords } from '../post/texts.ts';
import { EMPTY_META, type Entry, type EntryMeta, type Output } from '../spool/entry.ts';
import { once } from '../state/effects.ts';
import { headerOf } from './header-of.ts';
import type { Runner, Verdict } from './runner.ts';
import { screenByRoster } from './screen-by-roster.ts';
import { listOf, type Services } from './services.ts';
import { toOwners } from './to-owners.ts';

/** Characters of a subject that a notice quotes. */
const SUBJECT_LENGTH = 200;

/** Opens the runner of the queue in. */
export function openInRunner(services: Services): Runner {
  return {
    run: async (entry) => {
      const list = listOf(services, entry);
      return entry.meta.role === 'owner' ? toOwners(list, entry, 'owners') : post(services, list, entry);
    },
  };
}

async function post(services: Services, list: ListSettings, entry: Entry): Promise<Verdict> {
  const { beginning, header } = await headerOf(entry);
  const db = await services.database();
  const { author, screening } = await screenByRoster(db, list, {
    header,
    size: entry.size,
    sender: entry.meta.sender,
    released: entry.released,
  });
  const note = `${screening.action} ${screening.rule}`;
  switch (screening.action) {
    case 'accept': {
      const arrival = { id: entry.id, receivedAt: entry.receivedAt, sender: entry.meta.sender };
      const message = await preparePost(list, beginning, header, arrival);
      const to = recipients(db, list.address);
      const verp =
        list.verp !== 'never' && once(db, entry.id, 'verp', () => isVerpTurn(db, list.address, list.verp));
      if (to.length > 0) notePost(db, list.address, entry.id, entry.receivedAt);
      return { kind: 'done', outputs: fanOut(list, entry, message, to, verp), note };
    }
    case 'hold':
      return {
        kind: 'hold',
        reason: screening.reason,
        outputs: [await heldNotice(list, entry, header, author, screening)],
      };
    case 'reject': {
      const notice = await rejectedNotice(list, entry, header, author, screening);
      return { kind: 'done', outputs: notice === null ? [] : [notice], note };
    }
    case 'discard':
      return { kind: 'done', outputs: [], note: `${note}: ${screening.reason}` };
    default:
      return unreachable(screening.action);
  }
}

function fanOut(
  list: ListSettings,
  entry: Entry,
  message: Output['message'],
  to: readonly string[],
  verp: boolean,
): Output[] {
  const kept: EntryMeta = { ...EMPTY_META, list: list.address, role: 'posting', sender: entry.meta.sender };
  const outputs: Output[] = [];
  if (list.archive) outputs.push({ queue: 'archive', meta: kept, message });
  if (list.newsgroup !== null) outputs.push({ queue: 'news', meta: kept, message });
  for (const queue of list.copyTo) outputs.push({ queue, meta: kept, message });
  if (to.length > 0) {
    const sender = listAddress(list, 'bounces');
    outputs.push({ queue: 'out', meta: { ...kept, sender, recipients: to, verp }, message });
  }
  return outputs;
}

async function heldNotice(
  list: ListSettings,
  entry: Entry,
  header: Header,
  author: string | null,
  screening: Screening,
): Promise<Output> {
  const subject = await subjectOf(header);
  return noticeOutput(entry, list, {
    tag: 'held',
    to: list.owners,
    ...heldWords(list, entry.id, author, subject, screening.reason),
    attachHead: headerBytes(header),
  });
}

/** A notice to where the post came from; none to a machine (RFC 3834) or to nobody. */
async function rejectedNotice(
  list: ListSettings,
  entry: Entry,
  header: Header,
  author: string | null,
  screening: Screening,
): Promise<Output | null> {
  const to = parseAddress(entry.meta.sender ?? author ?? '');
  if (to === null || automaticKind(header, entry.meta.sender) !== 'no') return null;
  return noticeOutput(entry, list, {
    tag: 'rejected',
    to: [to],
    ...rejectedWords(list, await subjectOf(header), screening.reason),
    inReplyTo: getField(header, 'Message-ID'),
    attachHead: headerBytes(header),
  });
}

async function subjectOf(header: Header): Promise<string> {
  const subject = await decodeWords(getField(header, 'Subject') ?? '');
  return (
    subject
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim()
      .slice(0, SUBJECT_LENGTH) || '(no subject)'
  );
}

/** Entries of the queue out, put there without a run: what a list hands to its delivery. */
import { systemClock } from '../../lib/base/clock.ts';
import { QUEUES } from '../../lib/config/queue-names.ts';
import { addEntry } from '../../lib/spool/add.ts';
import { EMPTY_META } from '../../lib/spool/entry.ts';
import { openSpool } from '../../lib/spool/spool.ts';
import { type Lab, LIST_DOMAIN } from './lab.ts';

/** A post on its way out. */
export type OutEntry = {
  /** Name of its list. */
  readonly list: string;
  readonly recipients: readonly string[];
  readonly subject: string;
  readonly verp?: boolean;
  /** Reverse-path; the list's -bounces when left out. */
  readonly sender?: string;
  /** More lines of the header, each with its end. */
  readonly fields?: string;
  readonly body?: string;
};

/** Puts posts into out; gives their ids. */
export async function putOut(lab: Lab, entries: readonly OutEntry[]): Promise<string[]> {
  const spool = openSpool(
    lab.spool,
    QUEUES.map(({ name }) => name),
    systemClock,
  );
  const ids: string[] = [];
  for (const { list, recipients, subject, verp = false, sender, fields = '', body = 'body\n' } of entries) {
    const meta = {
      ...EMPTY_META,
      list: `${list}@${LIST_DOMAIN}`,
      sender: sender ?? `${list}-bounces@${LIST_DOMAIN}`,
      recipients,
      verp,
    };
    const message = `From: ada@members.example\nSubject: ${subject}\n${fields}\n${body}`;
    ids.push((await addEntry(spool, 'out', meta, [Buffer.from(message)])).id);
  }
  return ids;
}

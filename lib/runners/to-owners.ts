/**
 * Mail that goes on to a list's owners as it is, with the null reverse-path: a bounce of it ends at the mail server,
 * and what has been there once does not go there again.
 */
import type { ListSettings } from '../config/site.ts';
import { listAddress } from '../mail/list-address.ts';
import { prepareForOwners } from '../post/prepare.ts';
import { hasBeenThere } from '../post/screen.ts';
import { EMPTY_META, type Entry, type EntryMeta } from '../spool/entry.ts';
import { headerOf } from './header-of.ts';
import type { Verdict } from './runner.ts';

/** The entry done, with its message for the owners; `note` says why in the log. */
export async function toOwners(list: ListSettings, entry: Entry, note: string): Promise<Verdict> {
  const { beginning, header } = await headerOf(entry);
  if (hasBeenThere(header, listAddress(list, 'owner')))
    return { kind: 'done', outputs: [], note: 'discard loop' };
  const arrival = { id: entry.id, receivedAt: entry.receivedAt, sender: entry.meta.sender };
  const message = prepareForOwners(list, beginning, header, arrival);
  const meta: EntryMeta = {
    ...EMPTY_META,
    list: list.address,
    role: 'owner',
    sender: '',
    recipients: list.owners,
  };
  return { kind: 'done', outputs: [{ queue: 'out', meta, message }], note };
}

/**
 * Mail to -bounces that is no bounce: somebody wrote to a wrong address, or a bounce nobody can read. It goes to the
 * owners, if the list says so.
 *
 * Promises: nothing goes round. What our own addresses have sent, what has been through the list or to its owners, and
 * what a program wrote under a sender's name ends here. A bounce that cannot be read has the null reverse-path, goes to
 * the owners with the null reverse-path, and a bounce of that goes nowhere.
 */
import type { ListSettings } from '../config/site.ts';
import { mailboxes } from '../mail/address.ts';
import { automaticKind } from '../mail/automatic.ts';
import { getField, getFields, type Header } from '../mail/header.ts';
import { listAddress, listId, splitListAddress } from '../mail/list-address.ts';
import { hasBeenThere } from '../post/screen.ts';
import type { Entry } from '../spool/entry.ts';
import { headerOf } from './header-of.ts';
import type { Verdict } from './runner.ts';
import { toOwners } from './to-owners.ts';

const end = (note: string): Verdict => ({ kind: 'done', outputs: [], note });

/** Ends it, or hands it to the owners. */
export async function unrecognised(list: ListSettings, entry: Entry): Promise<Verdict> {
  const { header } = await headerOf(entry);
  if (isOwn(list, header, entry.meta.sender)) return end('discard loop');
  const kind = automaticKind(header, entry.meta.sender);
  if (kind !== 'no' && kind !== 'null-sender') return end(`discard automatic: ${kind}`);
  if (list.bounces.unrecognised === 'discard') return end('no bounce, discarded');
  return toOwners(list, entry, 'no bounce, to the owners');
}

/** Whether it comes from one of the list's own addresses, or has been through it. */
function isOwn(list: ListSettings, header: Header, sender: string | null): boolean {
  const from = mailboxes(getField(header, 'From') ?? '').map(({ address }) => address);
  if ([sender ?? '', ...from].some((address) => isAddressOf(list, address))) return true;
  if (hasBeenThere(header, list.address) || hasBeenThere(header, listAddress(list, 'owner'))) return true;
  const id = `<${listId(list)}>`;
  return getFields(header, 'List-Id').some((value) => value.toLowerCase().includes(id));
}

function isAddressOf(list: ListSettings, address: string): boolean {
  return splitListAddress(address).candidates.some(
    ({ name, domain }) => name === list.name && domain === list.domain,
  );
}

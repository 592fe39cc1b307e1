/** From an address to a list, the role of the address and its queue. A list that is really called so wins over a sub-address. */
import { domainToASCII } from 'node:url';
import type { Configuration, ListSettings } from '../config/site.ts';
import { splitListAddress } from '../mail/list-address.ts';
import type { Role } from '../spool/entry.ts';

/** The queue for each of a list's addresses. */
export const QUEUE_OF_ROLE: Readonly<Record<Role, string>> = {
  posting: 'in',
  owner: 'in',
  bounces: 'bounces',
  request: 'commands',
  join: 'commands',
  leave: 'commands',
  confirm: 'commands',
};

/** What an address of a list means. */
export type ListTarget = {
  readonly list: ListSettings;
  readonly role: Role;
  /** What stood behind `+`, or `null`. */
  readonly extension: string | null;
};

/** What `address` means on this site; `null` when no list has it. */
export function findTarget(configuration: Configuration, address: string): ListTarget | null {
  for (const { name, domain, role, extension } of splitListAddress(inAscii(address)).candidates) {
    const list = configuration.lists.get(`${name}@${domain}`);
    if (list) return { list, role, extension };
  }
  return null;
}

/** True when `domain` is the site's, or that of one of its lists. */
export function isListDomain(configuration: Configuration, domain: string): boolean {
  const wanted = (domainToASCII(domain) || domain).toLowerCase();
  return (
    configuration.site.domain === wanted ||
    [...configuration.lists.values()].some((list) => list.domain === wanted)
  );
}

/** The address with its domain in A-labels, the form in which the domains of lists are kept. */
function inAscii(address: string): string {
  const at = address.lastIndexOf('@') + 1;
  const domain = address.slice(at);
  return /^\p{ASCII}*$/u.test(domain) ? address : `${address.slice(0, at)}${domainToASCII(domain)}`;
}

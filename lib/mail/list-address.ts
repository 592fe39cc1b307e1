/**
 * The addresses of a list: `name@domain` for posts, `name-request@domain` and so on for the rest.
 * Pure; nothing here knows which lists exist, so splitting gives readings and the caller takes the first that
 * fits.
 */

import { parseAddress } from './address.ts';

/** Which of a list's addresses is meant (RFC 2142 section 6 and Mailman's names). */
export type ListRole = 'posting' | 'owner' | 'request' | 'bounces' | 'join' | 'leave' | 'confirm';

/** What identifies a list. */
export type ListName = { readonly name: string; readonly domain: string };

/** One way to read an address. */
export type ListAddress = ListName & {
  readonly role: ListRole;
  /** What followed `+`, as written: a token, a VERP address; `null` without `+`. */
  readonly extension: string | null;
};

/** Every word that follows the name of a list, and what it means. */
const SUFFIXES: Readonly<Record<string, ListRole>> = {
  owner: 'owner',
  request: 'request',
  bounces: 'bounces',
  admin: 'bounces',
  join: 'join',
  subscribe: 'join',
  leave: 'leave',
  unsubscribe: 'leave',
  confirm: 'confirm',
};

/** Every word that may stand behind the name of a list. */
export const LIST_SUFFIXES: readonly string[] = Object.keys(SUFFIXES);

/** The role for a word of a command line or an alias file, synonyms included; `null` for any other word. */
export function parseRole(word: string): ListRole | null {
  const lower = word.toLowerCase();
  if (lower === 'posting' || lower === 'post') return 'posting';
  return Object.hasOwn(SUFFIXES, lower) ? (SUFFIXES[lower] ?? null) : null;
}

/** The list's address for a role, with `+extension` when one is given. */
export function listAddress(list: ListName, role: ListRole, extension: string | null = null): string {
  const local = role === 'posting' ? list.name : `${list.name}-${role}`;
  return `${local}${extension === null ? '' : `+${extension}`}@${list.domain}`;
}

/**
 * Where a reply that confirms goes: the address that carries the token, or, where the list's name leaves no room for it
 * in a local part, -request, to which the subject must say `confirm TOKEN`.
 */
export function confirmAddress(list: ListName, token: string): string {
  const address = listAddress(list, 'confirm', token);
  return parseAddress(address) === null ? listAddress(list, 'request') : address;
}

/**
 * All readings of an address, the preferred first: the whole local part as a list's name (a list that is
 * called `bug-request` wins), then without its suffix. What follows the first `+` is cut off before. Names
 * and domains are in lower case; the extension keeps its case. Empty for what is not an address.
 */
export function splitListAddress(address: string): { readonly candidates: readonly ListAddress[] } {
  const [, local = '', extension, domain = ''] = /^([^+@"]+)(?:\+([^@]*))?@([^@]+)$/.exec(address) ?? [];
  if (local === '') return { candidates: [] };
  const whole = local.toLowerCase();
  const common = { domain: domain.toLowerCase(), extension: extension ?? null };
  const candidates: ListAddress[] = [{ name: whole, role: 'posting', ...common }];
  const [, name = '', suffix = ''] = /^(.+)-([a-z]+)$/.exec(whole) ?? [];
  const role = Object.hasOwn(SUFFIXES, suffix) ? SUFFIXES[suffix] : undefined;
  if (role !== undefined) candidates.push({ name, role, ...common });
  return { candidates };
}

/**
 * The list's identifier for List-Id, without brackets (RFC 2919): stays the same for the life of the list.
 */
export function listId(list: ListName): string {
  return `${list.name}.${list.domain}`.toLowerCase();
}

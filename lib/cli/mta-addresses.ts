/** The addresses of a site's lists as patterns for a mail server's tables. Pure. */
import type { Configuration, ListSettings } from '../config/site.ts';
import { LIST_SUFFIXES } from '../mail/list-address.ts';

/** The domains of the site's lists, sorted; the site's own when there is no list yet. */
export function listDomains({ site, lists }: Configuration): string[] {
  const domains = new Set([...lists.values()].map(({ domain }) => domain));
  return domains.size === 0 ? [site.domain] : [...domains].sort();
}

/** The local parts of all addresses of a list, as an extended regular expression without its anchors. */
export function localPattern({ name }: ListSettings): string {
  return `${escaped(name)}(-(${LIST_SUFFIXES.join('|')}))?(\\+[^@]*)?`;
}

/** Text as a regular expression that matches it. */
export function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

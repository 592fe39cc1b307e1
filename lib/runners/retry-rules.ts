/** How long and how often a list's mail is tried: the list's own rules, or the site's. */
import type { RetrySettings } from '../config/site.ts';
import type { Services } from './services.ts';

/** The rules for a list's mail; for mail of the system, and of a list that is no longer there, the site's. */
export function retryRules({ configuration }: Services, list: string | null): RetrySettings {
  const own = list === null ? undefined : configuration.lists.get(list);
  return own?.retry ?? configuration.site.retry;
}

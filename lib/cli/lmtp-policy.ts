/**
 * Posts that their list rejects are refused while they come in, so that the mail server hears of it, and no notice of
 * ours goes to an address that may be forged. What is held or discarded is taken: the one waits for its owner, of the other
 * nobody is to hear.
 */
import type { Configuration, Site } from '../config/site.ts';
import type { TurnAway } from '../intake/lmtp-receive.ts';
import { type Reply, reply } from '../intake/lmtp-reply.ts';
import { parseHeader } from '../mail/header.ts';
import type { Screening } from '../post/screen.ts';
import { holdsHead } from '../runners/header-of.ts';
import { screenByRoster } from '../runners/screen-by-roster.ts';
import type { Database } from '../state/database.ts';
import { lazyDatabase } from './open-site.ts';

/**
 * The rules of the site's lists for posts that come in. A post whose header section is longer than what is looked at
 * is left to the run.
 * @throws what the state throws: trouble that may pass
 */
export function openListRules(): (configuration: Configuration) => TurnAway {
  const database = sharedDatabase();
  return ({ site }) =>
    async ({ list, sender, beginning, size }) => {
      if (beginning.length < size && !holdsHead(beginning)) return null;
      const { screening } = await screenByRoster(await database(site), list, {
        header: parseHeader(beginning),
        size,
        sender,
        released: false,
      });
      return screening.action === 'reject' ? refusal(screening) : null;
    };
}

/** One open state for all messages; one that could not be opened is tried again. */
function sharedDatabase(): (site: Site) => Promise<Database> {
  const opened = new Map<string, () => Promise<Database>>();
  return async (site) => {
    const open = opened.get(site.state) ?? lazyDatabase(site);
    opened.set(site.state, open);
    try {
      return await open();
    } catch (error) {
      opened.delete(site.state);
      throw error;
    }
  };
}

function refusal({ rule, reason }: Screening): Reply {
  return rule === 'size' ? reply(552, '5.3.4', reason) : reply(550, '5.7.1', reason);
}

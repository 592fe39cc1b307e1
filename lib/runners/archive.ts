/** Accepted posts into the list's Maildir. A repeat finds the post there and adds nothing. */
import { join } from 'node:path';
import { deliverToMaildir } from '../deliver/maildir.ts';
import type { Runner } from './runner.ts';
import { listOf, type Services } from './services.ts';

/** Opens the runner of the queue archive. */
export function openArchiveRunner(services: Services): Runner {
  return {
    run: async (entry) => {
      const list = listOf(services, entry);
      const directory = join(services.configuration.site.archive, list.address);
      // A generator, so that nothing is opened when the post is there already.
      const message = (async function* () {
        yield* entry.stream();
      })();
      const result = await deliverToMaildir(directory, `${entry.id}.qrunner`, message);
      return { kind: 'done', outputs: [], note: result };
    },
  };
}

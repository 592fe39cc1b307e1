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
      const result = await deliverToMaildir(directory, `${entry.id}.qrunner`, entry.stream());
      return { kind: 'done', outputs: [], note: result };
    },
  };
}

/** The system's own mail on its way out: what every mail must have is added, then it goes to its recipients. */
import { appendFields, exchangeHead, hasField } from '../mail/header.ts';
import { listId } from '../mail/list-address.ts';
import { mailDate } from '../mail/mail-date.ts';
import { headerOf } from './header-of.ts';
import type { Runner } from './runner.ts';
import type { Services } from './services.ts';

/** Opens the runner of the queue virgin. */
export function openVirginRunner(services: Services): Runner {
  return {
    run: async (entry) => {
      const { meta } = entry;
      if (meta.recipients.length === 0) return { kind: 'shunt', reason: 'it has no recipients' };
      const { beginning, header } = await headerOf(entry);
      const list = meta.list === null ? null : (services.configuration.lists.get(meta.list) ?? null);
      const fields: [string, string][] = [];
      const add = (name: string, value: string) => {
        if (!hasField(header, name)) fields.push([name, value]);
      };
      add('Date', mailDate(new Date(entry.receivedAt)));
      add('Message-ID', `<${entry.id}@${list?.domain ?? services.configuration.site.domain}>`);
      add('Auto-Submitted', 'auto-generated');
      // A probe shall be answered by a bounce, which some servers leave out for mail in bulk.
      if ((meta.sender ?? '') === '') add('Precedence', 'bulk');
      if (list) add('List-Id', `<${listId(list)}>`);
      const message = exchangeHead(beginning, appendFields(header, fields));
      const out = { ...meta, sender: meta.sender ?? '', origin: null };
      return { kind: 'done', outputs: [{ queue: 'out', meta: out, message }] };
    },
  };
}

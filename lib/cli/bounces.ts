/**
 * `qrunner bounces`: gives the order to decide what the bounces of the days before lead to, an entry of the queue bounces
 * for each list where somebody has had one. The next run carries it out.
 *
 * Promises: killed and repeated, it gives an order twice, and the second finds nothing to do. The mails are outputs of
 * the entry, so they are sent once.
 */
import type { Command } from 'commander';
import { tidyMemberLog } from '../list/member-log.ts';
import { listsWithStandings } from '../list/standing.ts';
import { judgeOrder } from '../runners/judge-list.ts';
import { addEntry } from '../spool/add.ts';
import type { Context } from './context.ts';
import { isTerminal, print, printJson } from './io.ts';
import { lazyDatabase, openSite, openSiteSpool } from './open-site.ts';

/** Declares the command. */
export function declare(command: Command, context: Context): void {
  command
    .description(
      'Decide what the bounces of the days before lead to: probes, the end of delivery, warnings, removal. Puts an order ' +
        'into the queue bounces for each list with members whose mail bounced; the next run carries it out.',
    )
    .action(async () => {
      await bouncesAction(context);
    });
}

async function bouncesAction({ io, ...context }: Context): Promise<void> {
  const { site, lists } = await openSite({ io, ...context });
  const db = await lazyDatabase(site)();
  const forgotten = tidyMemberLog(db, Date.now());
  const spool = openSiteSpool(site);
  const orders: { list: string; id: string }[] = [];
  for (const list of listsWithStandings(db)) {
    if (!lists.has(list)) continue;
    const { meta, message } = judgeOrder(list);
    const { id } = await addEntry(spool, 'bounces', meta, [message]);
    orders.push({ list, id });
  }
  const { json, verbose } = context.globals();
  if (json) printJson(io, { orders, forgotten });
  else if (verbose) for (const { list, id } of orders) print(io, `bounces ${id} ${list}`);
  else if (isTerminal(io))
    print(io, orders.length === 0 ? 'Nothing to decide.' : `${orders.length} to decide.`);
}

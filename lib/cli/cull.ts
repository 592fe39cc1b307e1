/** `qrunner cull`: removes what was set aside longer ago than the site keeps it, and remains that belong to nothing. */
import type { Command } from 'commander';
import { formatDuration } from '../base/duration.ts';
import { errorText, isSystemError, TemporaryError } from '../base/errors.ts';
import { type Log, stderrLog } from '../base/log.ts';
import { type Culled, cullJournals, cullQueue, type Retention } from '../spool/cull.ts';
import { lockQueue } from '../spool/queue-lock.ts';
import { WHOLE } from '../spool/range.ts';
import type { Spool } from '../spool/spool.ts';
import type { Context } from './context.ts';
import { isTerminal, print, printJson } from './io.ts';
import { openSite, openSiteSpool } from './open-site.ts';

/** Declares the command. */
export function declare(command: Command, context: Context): void {
  command
    .description(
      'Remove entries from shunt, bad and held that are older than "retention" in qrunner.yaml says (it says nothing by ' +
        'default: they are kept), and remains of killed processes that belong to no entry. Each is logged.',
    )
    .option('-n, --dry-run', 'say what would be removed, and remove nothing')
    .action(async (options: { dryRun?: boolean }) => {
      await cullAction(context, options.dryRun === true);
    });
}

async function cullAction(context: Context, rehearsal: boolean): Promise<void> {
  const { io } = context;
  const { site } = await openSite(context);
  const log = stderrLog(rehearsal || isTerminal(io) ? 'warning' : 'notice', io.env);
  const spool = openSiteSpool(site);
  const gone: Culled[] = [];
  for (const queue of spool.layout.queues) {
    for await (const culled of cull(spool, queue, site.retention, rehearsal)) {
      gone.push(culled);
      if (!rehearsal) tell(log, culled);
    }
  }
  report(context, gone, rehearsal);
}

function tell(log: Log, { kind, queue, state, file, ageMs }: Culled): void {
  const fields = { queue, state, id: file, age: formatDuration(ageMs) };
  if (kind === 'entry') log('notice', 'entry-culled', fields);
  else if (kind === 'reason') log('notice', 'reason-culled', fields);
  else log('notice', 'journal-culled', fields);
}

async function* cull(
  spool: Spool,
  queue: string,
  retention: Retention,
  rehearsal: boolean,
): AsyncGenerator<Culled> {
  try {
    yield* cullQueue(spool, queue, retention, rehearsal);
    // A run at work knows its journals best: they are looked at next time.
    const lock = await lockQueue(spool.layout, queue, WHOLE);
    if (lock === null) return;
    try {
      yield* cullJournals(spool, queue, rehearsal);
    } finally {
      lock.release();
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new TemporaryError(`cannot cull the queue ${queue}: ${errorText(error)}`, { cause: error });
  }
}

function report({ io, globals }: Context, gone: readonly Culled[], rehearsal: boolean): void {
  const { json, verbose } = globals();
  if (json) {
    printJson(io, gone);
    return;
  }
  const word = rehearsal ? 'would remove' : 'removed';
  if (rehearsal || verbose) {
    for (const { kind, queue, state, file, ageMs } of gone)
      print(io, `${word} ${kind} ${queue}/${state} ${file}, ${formatDuration(ageMs)} old`);
  }
  if (rehearsal || verbose || isTerminal(io))
    print(
      io,
      gone.length === 0 ? 'Nothing to remove.' : `${rehearsal ? 'Would remove' : 'Removed'} ${gone.length}.`,
    );
}

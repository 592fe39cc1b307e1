/** The report of a run, for a terminal. */
import { formatDuration } from '../base/duration.ts';
import { unreachable } from '../base/errors.ts';
import { DEFERRED_COUNT_LIMIT, type RunEnd, type RunReport } from '../drain/report.ts';
import { formatTable } from './table.ts';

/** The end of a run in words. */
function endWords(end: RunEnd): string {
  switch (end) {
    case 'drained':
      return 'Nothing is left to do now.';
    case 'stopped':
      return 'Stopped when told to; what is left waits for the next run.';
    case 'budget':
      return 'The run did what it may; what is left waits for the next run.';
    case 'busy':
      return 'Another run works on some of the queues and will see to them.';
    case 'trouble':
      return 'Trouble ended the run; what it held was put back.';
    default:
      return unreachable(end);
  }
}

function cell(count: number): string {
  return count === 0 ? '-' : String(count);
}

/** A line per queue that had work, the end in words, and what still waits. */
export async function formatRun(report: RunReport, ms: number, colour: boolean): Promise<string> {
  const worked = report.queues.filter(
    ({ taken, recovered, bad, busy }) => taken + recovered + bad > 0 || busy,
  );
  const table = await formatTable(
    [
      { head: 'queue' },
      ...['taken', 'done', 'deferred', 'held', 'shunted', 'bad', 'handed on'].map((head) => ({
        head,
        right: true,
      })),
    ],
    worked.map((row) => [
      row.busy ? `${row.queue} (another run)` : row.queue,
      ...[row.taken, row.done, row.deferred, row.held, row.shunted, row.bad, row.outputs].map(cell),
    ]),
    colour,
  );
  const lines = worked.length > 0 ? [table] : [];
  lines.push(`${endWords(report.end)} ${(ms / 1000).toFixed(2)} s`);
  if (report.nextDueAt !== null) lines.push(deferredLine(report.stillDeferred, report.nextDueAt));
  const { earliestDueAt } = report;
  if (earliestDueAt !== null && earliestDueAt !== report.nextDueAt)
    lines.push(`Of all queues the next is due ${dueWords(earliestDueAt)}.`);
  return lines.join('\n');
}

function deferredLine(count: number, dueAt: number): string {
  const more = count >= DEFERRED_COUNT_LIMIT ? ' or more' : '';
  return `Deferred: ${count}${more}; the next is due ${dueWords(dueAt)}.`;
}

function dueWords(dueAt: number): string {
  const wait = dueAt - Date.now();
  return `${wait <= 0 ? 'now' : `in ${formatDuration(wait)}`}, at ${new Date(dueAt).toISOString()}`;
}

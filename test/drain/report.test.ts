import t from 'tap';
import { COUNTS, emptyReport, mergeReports, type RunReport } from '../../lib/drain/report.ts';

function reportOf(end: RunReport['end'], queue: string, taken: number, busy = false): RunReport {
  const trouble = end === 'trouble' ? 'disk full' : null;
  return {
    end,
    trouble,
    queues: [{ ...emptyReport(queue), taken, busy }],
    stillDeferred: 0,
    nextDueAt: null,
    earliestDueAt: null,
  };
}

await t.test('a report of nothing', (t) => {
  const { queue, busy, ...counts } = emptyReport('in');
  t.equal(queue, 'in');
  t.notOk(busy);
  t.strictSame(Object.keys(counts).sort(), [...COUNTS].sort());
  t.ok(Object.values(counts).every((count) => count === 0));
  t.end();
});

await t.test('several are one: counts add up, the last word about busy counts', (t) => {
  const waiting = { stillDeferred: 3, nextDueAt: 17, earliestDueAt: 17 };
  const parts = [
    reportOf('busy', 'in', 1, true),
    reportOf('drained', 'out', 2),
    reportOf('drained', 'in', 4),
  ];
  t.match(mergeReports(parts, 'drained', waiting), {
    end: 'drained',
    trouble: null,
    queues: [
      { queue: 'in', taken: 5, busy: false },
      { queue: 'out', taken: 2 },
    ],
    ...waiting,
  });
  t.match(mergeReports([reportOf('trouble', 'in', 1)], 'trouble', waiting), { trouble: 'disk full' });
  t.end();
});

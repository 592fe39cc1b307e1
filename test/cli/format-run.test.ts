import t from 'tap';
import { formatRun } from '../../lib/cli/format-run.ts';
import { emptyReport, type RunReport } from '../../lib/drain/report.ts';

const report = (changes: Partial<RunReport> = {}): RunReport => ({
  end: 'drained',
  trouble: null,
  queues: [emptyReport('in'), { ...emptyReport('out'), taken: 12, done: 10, deferred: 2, outputs: 1 }],
  stillDeferred: 0,
  nextDueAt: null,
  earliestDueAt: null,
  ...changes,
});

await t.test('a line per queue that had work', async (t) => {
  const text = await formatRun(report(), 1234, false);
  t.equal(
    text,
    'queue  taken  done  deferred  held  shunted  bad  handed on\n' +
      'out       12    10         2     -        -    -          1\n' +
      '\nNothing is left to do now. 1.23 s',
  );
});

await t.test('nothing to do is one line', async (t) => {
  t.equal(
    await formatRun(report({ queues: [emptyReport('in')] }), 0, false),
    'Nothing is left to do now. 0.00 s',
  );
});

await t.test('each end', async (t) => {
  const queues = [{ ...emptyReport('in'), busy: true }];
  t.match(
    await formatRun(report({ end: 'busy', queues }), 0, false),
    /in \(another run\)[\s\S]*Another run works on some/,
  );
  t.match(await formatRun(report({ end: 'stopped' }), 0, false), 'Stopped when told to');
  t.match(await formatRun(report({ end: 'trouble' }), 0, false), 'Trouble ended the run');
});

const line = async (changes: Partial<RunReport>) =>
  (await formatRun(report(changes), 0, false)).split('\n').at(-1);

await t.test('what still waits', async (t) => {
  const dueAt = Date.now() + 90_500;
  t.match(
    await line({ stillDeferred: 3, nextDueAt: dueAt }),
    /^Deferred: 3; the next is due in 1m 30s, at \d{4}-.*Z\.$/,
  );
  t.match(await line({ stillDeferred: 10_000, nextDueAt: dueAt }), /^Deferred: 10000 or more;/);
  t.match(await line({ stillDeferred: 1, nextDueAt: 1 }), /the next is due now, at 1970/);
  t.match(
    await line({ stillDeferred: 0, nextDueAt: null, earliestDueAt: dueAt }),
    /^Of all queues the next is due in 1m 30s, at /,
  );
});

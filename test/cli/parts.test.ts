import t from 'tap';
import { parseParts } from '../../lib/cli/parts.ts';
import { QUEUES } from '../../lib/config/queue-names.ts';
import { sliceRange, WHOLE } from '../../lib/spool/range.ts';

const NAMES = [...QUEUES.map(({ name }) => name), 'to-chat'];
const queues = (...specs: string[]) => parseParts(specs, false, NAMES).map(({ queue }) => queue);

await t.test('all', async (t) => {
  const all = NAMES.map((queue) => ({ queue, range: WHOLE }));
  t.same(parseParts([], true, NAMES), all);
  for (const spec of ['All', 'all', 'ALL']) t.same(parseParts([spec], false, NAMES), all, spec);
  t.same(parseParts(['out', 'all'], false, NAMES), all);
});

await t.test('names, ours and Mailman’s', async (t) => {
  for (const name of NAMES) t.same(queues(name), [name]);
  const spellings: [string, string][] = [
    ['IncomingRunner', 'in'],
    ['incoming', 'in'],
    ['InRunner', 'in'],
    ['OutgoingRunner', 'out'],
    ['ArchRunner', 'archive'],
    ['bounce', 'bounces'],
    ['BounceRunner', 'bounces'],
    ['CommandRunner', 'commands'],
    ['NNTPRunner', 'news'],
    ['NewsRunner', 'news'],
    ['RetryRunner', 'retry'],
    ['VirginRunner', 'virgin'],
  ];
  for (const [spec, queue] of spellings) t.same(queues(spec), [queue], spec);
});

await t.test('several, in the order of the mail’s way, each once', async (t) => {
  t.same(queues('out', 'in', 'virgin'), ['in', 'virgin', 'out']);
  t.same(queues('out', 'OutgoingRunner', 'out'), ['out'], 'a run must not lock itself out');
  t.same(parseParts(['out:0:2', 'out'], false, NAMES), [{ queue: 'out', range: WHOLE }]);
  t.same(parseParts(['out:1:2', 'out:1:4', 'out:0:4'], false, NAMES), [
    { queue: 'out', range: sliceRange(0, 4) },
    { queue: 'out', range: sliceRange(1, 4) },
    { queue: 'out', range: sliceRange(1, 2) },
  ]);
  t.throws(() => queues('out:0:2', 'out:1:3'), { status: 64, message: /the slices of out overlap/ });
});

await t.test('slices', async (t) => {
  t.same(parseParts(['out:0:4'], false, NAMES), [{ queue: 'out', range: sliceRange(0, 4) }]);
  t.same(parseParts(['out:3:4'], false, NAMES), [{ queue: 'out', range: sliceRange(3, 4) }]);
  t.same(parseParts(['out:0:1'], false, NAMES), [{ queue: 'out', range: WHOLE }]);
  const wrong = [
    'out:',
    'out:1',
    'out:4:4',
    'out:-1:4',
    'out:0:0',
    'out:a:b',
    'out:0:4:1',
    'out:0:99999',
    'out:1.5:4',
  ];
  for (const spec of wrong) {
    t.throws(() => queues(spec), { status: 64, message: `cannot read "${spec}": wanted NAME` }, spec);
  }
});

await t.test('no such runner, none at all', async (t) => {
  t.throws(() => queues('outt'), {
    status: 64,
    message: /^no runner "outt": there are in, commands, .*, and All$/,
  });
  t.throws(() => queues('Runner'), { status: 64, message: /^no runner "Runner"/ });
  t.throws(() => queues(''), { status: 64, message: /^no runner ""/ });
  t.throws(() => queues(), { status: 64, message: /^say which: / });
});

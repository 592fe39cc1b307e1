import t from 'tap';
import { CRASH_LIMIT, MOVES, STATES } from '../../lib/spool/state.ts';

await t.test('the table of moves', async (t) => {
  const known = new Set<string | null>([null, ...STATES]);
  t.ok(
    MOVES.every(({ from, to }) => known.has(from) && known.has(to)),
    'knows only states',
  );
  t.ok(MOVES.every(({ from, to, by, means }) => from !== to && by !== '' && means !== ''));

  for (const state of STATES) {
    t.ok(
      MOVES.some(({ to }) => to === state),
      `${state} is reached`,
    );
    t.ok(
      MOVES.some(({ from }) => from === state),
      `${state} is left`,
    );
  }

  const lost = MOVES.filter(({ from, to }) => to === null && from !== null).map(
    ({ from, by }) => `${from}: ${by}`,
  );
  t.strictSame(
    lost,
    [
      'active: unlink',
      'done: unlink, after the outputs are in new/',
      'held: operator',
      'shunt: operator',
      'bad: operator',
      'tmp: recovery',
    ],
    'a message leaves the spool when it is done, or by a person',
  );
});

await t.test('poison is an entry over which three runs died', async (t) => {
  t.equal(CRASH_LIMIT, 3);
});

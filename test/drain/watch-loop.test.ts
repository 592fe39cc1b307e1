import t from 'tap';
import { type Log, silentLog } from '../../lib/base/log.ts';
import type { Turn } from '../../lib/drain/pace.ts';
import { watchLoop } from '../../lib/drain/watch-loop.ts';
import type { Watcher } from '../../lib/watch/watcher.ts';
import { fakeClock } from '../support/fake-clock.ts';

const drained: Turn = { end: 'drained', worked: false, reason: null, nextAt: null };
const trouble = (reason: string): Turn => ({ ...drained, end: 'trouble', reason });

/** Runs the loop over these turns; after the last one the watcher is told to end. */
async function loop(turns: readonly Turn[]) {
  const said: string[] = [];
  const rests: number[][] = [];
  const log: Log = (level, event, { reason } = {}) => {
    if (event !== 'watch-turn') said.push(reason === undefined ? event : `${level} ${event} ${reason}`);
  };
  const left = [...turns];
  const watcher: Watcher = {
    arm: () => {},
    wake: () => {},
    close: () => {},
    wait: async (ms, _signal, deafMs = 0) => {
      rests.push([ms, deafMs]);
      return left.length === 0 ? 'stop' : 'time';
    },
  };
  const count = await watchLoop({
    turn: async () => {
      const next = left.shift();
      if (next === undefined) throw new Error('a turn after the end');
      return next;
    },
    watcher,
    sleepMs: 60_000,
    clock: fakeClock(),
    log,
    signal: new AbortController().signal,
  });
  return { said, rests, count };
}

await t.test('turn and rest, until told to end', async (t) => {
  const { said, rests, count } = await loop([drained, { ...drained, worked: true }, drained]);
  t.equal(count, 3);
  t.same(
    rests,
    Array.from({ length: 3 }, () => [60_000, 0]),
  );
  t.same(said, []);
});

await t.test('trouble is told by its changes', async (t) => {
  const { said, rests } = await loop([
    trouble('cannot write /s/in/new/1795420800123456-9f86d081884c7d659a2f: disk full'),
    trouble('cannot write /s/in/new/1795420800999999-00aa11bb22cc33dd44ee,c1: disk full'),
    trouble('cannot write /s/in/new/1795420800999999-00aa11bb22cc33dd44ee,c1: read-only'),
    drained,
    drained,
    { ...drained, end: 'misconfigured', reason: 'qrunner.yaml:3:1: no' },
    { ...drained, end: 'misconfigured', reason: 'qrunner.yaml:3:1: no' },
    { ...drained, end: 'busy' },
  ]);
  t.match(said, [
    /^error run-trouble .*disk full$/,
    /^error run-trouble .*read-only$/,
    'run-mended',
    'error config-wrong qrunner.yaml:3:1: no',
    'run-mended',
  ]);
  t.equal(said.length, 5);
  t.same(
    rests.map(([ms]) => ms),
    [1000, 2000, 4000, 60_000, 60_000, 1000, 2000, 4000],
  );
});

await t.test('told to end during a turn', async (t) => {
  const stop = new AbortController();
  const watcher: Watcher = {
    arm: () => {},
    wake: () => {},
    close: () => {},
    wait: async () => {
      throw new Error('a rest after the end');
    },
  };
  const turn = async () => {
    stop.abort();
    return drained;
  };
  t.equal(
    await watchLoop({
      turn,
      watcher,
      sleepMs: 1000,
      clock: fakeClock(),
      log: silentLog,
      signal: stop.signal,
    }),
    1,
  );
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { onHangup, untilSignal } from '../../lib/cli/signals.ts';
import { until } from '../support/program.ts';

const NAMES = ['SIGTERM', 'SIGINT'] as const;
const handlers = () => NAMES.map((name) => process.listenerCount(name));

await t.test('a signal aborts, and the next one is nobody’s', async (t) => {
  // Waiting for a signal keeps no process alive.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  for (const name of NAMES) {
    const before = handlers();
    const { signal, overdue, release } = untilSignal();
    t.notOk(signal.aborted);
    process.kill(process.pid, name);
    await once(signal, 'abort');
    t.match(signal.reason, { message: name });
    process.kill(process.pid, name);
    await sleep(700);
    t.same(handlers(), before, 'one at the same time is the same, one after that kills');
    t.notOk(overdue.aborted);
    release();
    t.same(handlers(), before, 'releasing twice is no harm');
  }
});

await t.test('released without a signal', async (t) => {
  const before = handlers();
  const { signal, release } = untilSignal();
  t.not(handlers()[0], before[0]);
  release();
  t.same(handlers(), before);
  t.notOk(signal.aborted);
});

/** A process that runs `script` after the import of the function, and then stays; what it says, and how it ends. */
function startProcess(script: string) {
  const file = new URL('../../lib/cli/signals.js', import.meta.url).href;
  const whole = `import { untilSignal } from ${JSON.stringify(file)};
    ${script}
    setInterval(() => {}, 1000);
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', whole], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const said = async () => String(await new Promise((resolve) => child.stdout.once('data', resolve))).trim();
  return { child, ended, said };
}

await t.test('in a process of its own: the first ends it softly, the second at once', async (t) => {
  const { child, ended, said } = startProcess(`const { signal } = untilSignal();
    signal.addEventListener('abort', () => console.log('aborted'));`);
  t.equal(await said(), 'ready');
  child.kill('SIGTERM');
  t.equal(await said(), 'aborted');
  await sleep(700);
  child.kill('SIGTERM');
  t.same(await ended, [null, 'SIGTERM']);
});

await t.test('what does not end in time is overdue, and then the process ends all the same', async (t) => {
  const { child, ended, said } = startProcess(`const { overdue } = untilSignal(300);
    overdue.addEventListener('abort', () => console.log('overdue'));
    process.exitCode = 7;`);
  t.equal(await said(), 'ready');
  child.kill('SIGTERM');
  t.equal(await said(), 'overdue');
  t.same(await ended, [7, null]);
});

await t.test('SIGHUP: each one is told, until the handler is given back', async (t) => {
  const before = process.listenerCount('SIGHUP');
  let told = 0;
  const release = onHangup(() => told++);
  for (const times of [1, 2]) {
    process.kill(process.pid, 'SIGHUP');
    await until('told', () => told === times);
  }
  release();
  t.equal(process.listenerCount('SIGHUP'), before);
  const { signal, release: giveBack } = untilSignal(undefined, ['SIGHUP']);
  process.kill(process.pid, 'SIGHUP');
  await until('aborted', () => signal.aborted);
  t.match(signal.reason, { message: 'SIGHUP' }, 'or it ends the process as the others do');
  giveBack();
});

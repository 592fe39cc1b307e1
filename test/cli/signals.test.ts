import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { untilSignal } from '../../lib/cli/signals.ts';

const NAMES = ['SIGTERM', 'SIGINT'] as const;
const handlers = () => NAMES.map((name) => process.listenerCount(name));

await t.test('a signal aborts, and the next one is nobody’s', async (t) => {
  // Waiting for a signal keeps no process alive.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  for (const name of NAMES) {
    const before = handlers();
    const { signal, release } = untilSignal();
    t.notOk(signal.aborted);
    process.kill(process.pid, name);
    await once(signal, 'abort');
    t.match(signal.reason, { message: name });
    t.same(handlers(), before, 'a second signal kills');
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

await t.test('in a process of its own: the first ends it softly, the second at once', async (t) => {
  const file = new URL('../../lib/cli/signals.js', import.meta.url).href;
  const script = `import { untilSignal } from ${JSON.stringify(file)};
    const { signal } = untilSignal();
    signal.addEventListener('abort', () => console.log('aborted'));
    setInterval(() => {}, 1000);
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const said = async () => String(await new Promise((resolve) => child.stdout.once('data', resolve))).trim();
  t.equal(await said(), 'ready');
  child.kill('SIGTERM');
  t.equal(await said(), 'aborted');
  child.kill('SIGTERM');
  t.same(await ended, [null, 'SIGTERM']);
});

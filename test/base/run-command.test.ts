import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { type CommandSettings, runCommand } from '../../lib/base/run-command.ts';

const shell = (script: string, more: Partial<CommandSettings> = {}): CommandSettings => ({
  command: ['/bin/sh', '-c', script],
  timeoutMs: 10_000,
  graceMs: 300,
  ...more,
});
const input = (text = 'some words\n') => Readable.from([Buffer.from(text)], { objectMode: false });

/** True while a process of this id runs. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

await t.test('status, signal and output', async (t) => {
  const end = { signal: null, timedOut: false, stopped: false };
  t.same(await runCommand(shell('cat; echo err >&2'), input()), {
    ...end,
    status: 0,
    output: 'some words\nerr',
  });
  t.same(await runCommand(shell('exit 75'), input()), { ...end, status: 75, output: '' });
  t.match(await runCommand(shell('kill -9 $$'), input()), { status: null, signal: 'SIGKILL' });
});

await t.test('the environment', async (t) => {
  process.env.QRUNNER_SECRET = 'x';
  t.teardown(() => {
    delete process.env.QRUNNER_SECRET;
  });
  const { output } = await runCommand(shell('env'), input(), { GIVEN: 'a b' });
  t.match(output, /^GIVEN=a b$/m);
  t.match(output, /^PATH=/m);
  t.notMatch(output, /SECRET/);
});

await t.test('time is up', async (t) => {
  const began = Date.now();
  t.match(await runCommand(shell('exec sleep 60', { timeoutMs: 100 }), input()), {
    status: null,
    signal: 'SIGTERM',
    timedOut: true,
    stopped: false,
  });
  const stubborn = shell('trap "" TERM; while :; do sleep 1; done', { timeoutMs: 100 });
  t.match(await runCommand(stubborn, input()), { signal: 'SIGKILL', timedOut: true });
  t.ok(Date.now() - began < 5_000);
});

await t.test('told to end', async (t) => {
  const ending = { status: null, timedOut: false, stopped: true };
  t.match(await runCommand(shell('exec sleep 60'), input(), {}, AbortSignal.timeout(50)), ending);
  t.match(await runCommand(shell('exec sleep 60'), input(), {}, AbortSignal.abort()), ending);
});

await t.test('input that breaks, and input that is not wanted', async (t) => {
  const dir = t.testdir();
  const broken = Readable.from(
    (async function* () {
      yield Buffer.from('half of it');
      await sleep(50);
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    })(),
    { objectMode: false },
  );
  await t.rejects(runCommand(shell(`cat > /dev/null; : > ${dir}/taken`), broken), { code: 'EIO' });
  t.notOk(existsSync(join(dir, 'taken')));
  t.match(await runCommand(shell('exit 0'), input('x'.repeat(5_000_000))), { status: 0 });
});

await t.test('a command that is not there', async (t) => {
  await t.rejects(runCommand({ command: ['/nowhere'], timeoutMs: 100 }, input()), { code: 'ENOENT' });
});

await t.test('what stays in the background', async (t) => {
  const dir = t.testdir();
  const script = `sleep 60 & echo $! > ${dir}/child; exit 0`;
  const began = Date.now();
  t.match(await runCommand(shell(script, { lingerMs: 100 }), input()), { status: 0, timedOut: false });
  t.ok(Date.now() - began < 2_000);
  const pid = Number(readFileSync(join(dir, 'child'), 'utf8'));
  t.ok(lives(pid), 'goes on');
  process.kill(pid);
  t.match(
    await runCommand(shell(script, { timeoutMs: 300 }), input()),
    { status: 0, timedOut: true },
    'without a linger it is waited for, and ended',
  );
  const other = Number(readFileSync(join(dir, 'child'), 'utf8'));
  for (let tries = 0; tries < 50 && lives(other); tries++) await sleep(20);
  t.notOk(lives(other));
});

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { metadataEnvironment, openExecRunner } from '../../lib/runners/exec.ts';
import { contextOf, entryOf, NOON } from '../support/runner-rig.ts';
import { siteRig } from '../support/site-rig.ts';

const MESSAGE = 'Subject: tea\n\nTea?\n';
const MINUTE = 60_000;

/** The verdict of a shell script on a message. */
function run(script: string, { timeoutMs = 10_000, entry = entryOf(MESSAGE), context = contextOf() } = {}) {
  const command = ['/bin/sh', '-c', script];
  return openExecRunner({ command, timeoutMs, graceMs: 500 }).run(entry, context);
}

/** True while a process of this id runs. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

await t.test('the exit status is the verdict', async (t) => {
  t.same(await run('exit 0'), { kind: 'done', outputs: [] });
  t.same(await run('echo no such room >&2; exit 65'), {
    kind: 'shunt',
    reason: '/bin/sh ended with status 65: no such room',
  });
  t.match(await run('exit 1'), { kind: 'shunt', reason: '/bin/sh ended with status 1' });
  t.match(await run('echo later; exit 75'), {
    kind: 'defer',
    failed: true,
    until: NOON + 5 * MINUTE,
    reason: '/bin/sh ended with status 75: later',
  });
  t.same(await run('echo trying; echo; echo "  oops  "; exit 3'), {
    kind: 'shunt',
    reason: '/bin/sh ended with status 3:   oops\ntrying\n\n  oops',
  });
  const again = entryOf(MESSAGE, {}, { failures: 2 });
  t.match(await run('exit 75', { entry: again }), { until: NOON + 20 * MINUTE });
  t.match(await run('kill -9 $$'), { kind: 'shunt', reason: '/bin/sh was ended by SIGKILL' });
});

await t.test('the message is on standard input, whole', async (t) => {
  const dir = t.testdir();
  const bytes = Buffer.from([0, 255, 10, 13, 46, 10]);
  const entry = entryOf(bytes);
  t.match(await run(`cat > ${dir}/got`, { entry }), { kind: 'done' });
  t.same(readFileSync(join(dir, 'got')), bytes);
});

await t.test('the metadata is in the environment, and nothing of ours', async (t) => {
  const dir = t.testdir();
  process.env.QRUNNER_SECRET = 'x';
  t.teardown(() => {
    delete process.env.QRUNNER_SECRET;
  });
  const meta = { extension: 'x+y', recipients: ['a@x.org', 'b@x.org'] };
  const entry = entryOf(MESSAGE, meta, { queue: 'to-chat', failures: 3 });
  await run(`env -0 > ${dir}/env`, { entry });
  const env = Object.fromEntries(
    readFileSync(join(dir, 'env'), 'utf8')
      .split('\0')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  t.match(env, {
    QRUNNER_ID: entry.id,
    QRUNNER_QUEUE: 'to-chat',
    QRUNNER_RECEIVED: '2026-11-23T12:00:00.000Z',
    QRUNNER_FAILURES: '3',
    QRUNNER_SIZE: String(MESSAGE.length),
    QRUNNER_LIST: 'friends@example.org',
    QRUNNER_ROLE: 'posting',
    QRUNNER_EXTENSION: 'x+y',
    QRUNNER_SENDER: 'ann@example.org',
    QRUNNER_RECIPIENTS: 'a@x.org\nb@x.org',
    PATH: process.env.PATH,
  });
  t.equal(env.QRUNNER_SECRET, undefined);
  t.equal(env.NODE_OPTIONS, undefined);
  const nothing = metadataEnvironment(entryOf('', { list: null, role: null, sender: null }));
  t.match(nothing, { QRUNNER_LIST: '', QRUNNER_ROLE: '', QRUNNER_SENDER: '', QRUNNER_RECIPIENTS: '' });
});

await t.test('no shell takes the arguments apart', async (t) => {
  const dir = t.testdir();
  const command = ['/bin/sh', '-c', 'printf %s "$1" > "$0"', join(dir, 'got'), '$(id); `x` "y"'];
  await openExecRunner({ command, timeoutMs: 5000 }).run(entryOf(MESSAGE), contextOf());
  t.equal(readFileSync(join(dir, 'got'), 'utf8'), '$(id); `x` "y"');
});

await t.test('a command that does not read its input', async (t) => {
  const large = Buffer.alloc(5 * 1024 * 1024, 'x');
  const stream = (from = 0) =>
    Readable.from(
      (function* () {
        for (let at = from; at < large.length; at += 65_536) yield large.subarray(at, at + 65_536);
      })(),
      { objectMode: false },
    );
  const entry = entryOf(large, {}, { stream });
  t.match(await run('exit 0', { entry }), { kind: 'done' });
  t.match(await run('exec <&-; sleep 0.1; exit 75', { entry }), { kind: 'defer' });
  t.match(await run('exit 65', { entry }), { kind: 'shunt' });
});

/** A message that breaks in its middle. */
const broken = () =>
  Readable.from(
    (async function* () {
      yield Buffer.from('half of it');
      await sleep(50);
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    })(),
    { objectMode: false },
  );

await t.test('a message that cannot be read is not taken for a short one', async (t) => {
  const dir = t.testdir();
  const entry = entryOf(MESSAGE, {}, { stream: broken });
  await t.rejects(run(`cat > /dev/null; : > ${dir}/taken`, { entry }), { code: 'EIO' });
  t.notOk(existsSync(join(dir, 'taken')));
});

await t.test('of much output the end is kept', async (t) => {
  const verdict = await run('yes "a line" | head -c 1000000; echo; echo THE ERROR >&2; exit 1');
  const reason = verdict.kind === 'shunt' ? verdict.reason : '';
  t.match(reason, /^\/bin\/sh ended with status 1: THE ERROR\n[\s\S]*\nTHE ERROR$/);
  t.ok(reason.length < 9000, `${reason.length} characters`);
});

await t.test('time-out: the command and its children end', async (t) => {
  const dir = t.testdir();
  const started = Date.now();
  const verdict = await run(`sleep 600 & echo $! > ${dir}/child; echo $$ > ${dir}/self; wait`, {
    timeoutMs: 300,
  });
  t.match(verdict, { kind: 'defer', failed: true, reason: '/bin/sh did not end within 0.3 s' });
  t.ok(Date.now() - started < 4000, 'at SIGTERM');
  for (const name of ['child', 'self']) {
    const pid = Number(readFileSync(join(dir, name), 'utf8'));
    for (let tries = 0; tries < 50 && lives(pid); tries++) await sleep(20);
    t.notOk(lives(pid), name);
  }
});

await t.test('time-out: one that will not end is killed', async (t) => {
  const started = Date.now();
  const verdict = await run('trap "" TERM; while :; do sleep 1; done', { timeoutMs: 100 });
  t.match(verdict, { kind: 'defer', failed: true });
  t.ok(Date.now() - started >= 600, 'after its time of grace');
});

await t.test('told to end: the command is ended, and it is nobody’s failure', async (t) => {
  const dir = t.testdir();
  const stop = new AbortController();
  const running = run(`: > ${dir}/began; exec sleep 600`, { context: contextOf({ signal: stop.signal }) });
  while (!existsSync(join(dir, 'began'))) await sleep(5);
  stop.abort();
  t.same(await running, {
    kind: 'defer',
    until: NOON,
    reason: 'the run was told to end',
    failed: false,
  });
  const late = await run('exec sleep 600', { context: contextOf({ signal: AbortSignal.abort() }) });
  t.match(late, { kind: 'defer', failed: false }, 'told before it began');
});

await t.test('a command that is not there fails with words', async (t) => {
  const runner = openExecRunner({ command: ['/nowhere/command'], timeoutMs: 1000 });
  await t.rejects(runner.run(entryOf(MESSAGE), contextOf()), { code: 'ENOENT' });
});

await t.test('as the operator sees it', async (t) => {
  const site = await siteRig(t, {
    members: ['ann@example.org'],
    site: 'queues: { chat: { exec: [/bin/sh, -c, "cat > /dev/null; echo sorry; exit 3"] }, ok: { exec: [/bin/true] } }\n',
    list: 'copy_to: [chat, ok]\n',
  });
  await site.inject('From: ann@example.org\n\nTea?\n');
  await site.run('in', 'chat', 'ok');
  t.same(site.lies(), { 'archive/new': 1, 'chat/shunt': 1, 'out/new': 1 });
  t.equal((await site.entry('chat', 'shunt')).reason, '/bin/sh ended with status 3: sorry\n');
});
